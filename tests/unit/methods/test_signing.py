import base64
import copy
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import IntegrityProblem, UsageProblem
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.signing import (
    STATEMENT_TYPE,
    encode,
    generate,
    public_of,
    sign_statement,
    verify_envelope,
)

PEM, PUBLIC = generate()
STATEMENT = {
    "_type": STATEMENT_TYPE,
    "subject": [],
    "predicateType": "urn:x",
    "predicate": {"a": 1},
}
ENVELOPE = sign_statement(STATEMENT, PEM, "ann")


def test_a_signed_statement_comes_back():
    assert verify_envelope(ENVELOPE, PUBLIC) == STATEMENT
    assert verify_envelope(ENVELOPE, PUBLIC, keyid="ann") == STATEMENT


def test_the_encoding_is_the_published_example():
    # The example of the DSSE protocol text.
    wanted = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert encode("http://example.com/HelloWorld", b"hello world") == wanted


def test_the_signature_is_plain_ed25519_over_the_encoding():
    key = serialization.load_pem_private_key(PEM, None)
    assert isinstance(key, Ed25519PrivateKey)
    raw = key.sign(encode("application/vnd.in-toto+json", canonical(STATEMENT)))
    assert base64.b64decode(ENVELOPE["signatures"][0]["sig"]) == raw


def test_another_key_does_not_verify():
    with pytest.raises(IntegrityProblem):
        verify_envelope(ENVELOPE, generate()[1])


def test_another_key_id_does_not_verify():
    with pytest.raises(IntegrityProblem, match="does not verify"):
        verify_envelope(ENVELOPE, PUBLIC, keyid="bob")


@settings(deadline=None)
@given(st.data())
def test_no_single_byte_of_payload_or_signature_can_change(data):
    envelope = copy.deepcopy(ENVELOPE)
    holder, field = data.draw(
        st.sampled_from([(envelope, "payload"), (envelope["signatures"][0], "sig")])
    )
    text = holder[field]
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.characters(codec="ascii").filter(lambda c: c != text[at]))
    holder[field] = text[:at] + put + text[at + 1 :]
    with pytest.raises(IntegrityProblem):
        verify_envelope(envelope, PUBLIC)


def test_a_second_base64_spelling_of_the_same_bytes_is_refused():
    text = ENVELOPE["signatures"][0]["sig"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert text.endswith("==")
    # Before "==" four bits of the last letter are padding: another letter, the same bytes.
    respelled = text[:-3] + alphabet[alphabet.index(text[-3]) ^ 1] + "=="
    assert base64.b64decode(respelled, validate=True) == base64.b64decode(text)
    envelope = {**ENVELOPE, "signatures": [{"keyid": "ann", "sig": respelled}]}
    with pytest.raises(IntegrityProblem):
        verify_envelope(envelope, PUBLIC)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda e: e.update(payloadType="text/plain"),
        lambda e: e.update(extra=1),
        lambda e: e.pop("payload"),
        lambda e: e.update(signatures=[]),
        lambda e: e.update(signatures=e["signatures"] * 2),
        lambda e: e.update(signatures="x"),
        lambda e: e["signatures"][0].update(more=1),
        lambda e: e.update(payload=5),
        lambda e: e["signatures"][0].update(sig=""),
    ],
)
def test_other_forms_are_refused(break_it):
    envelope = copy.deepcopy(ENVELOPE)
    break_it(envelope)
    with pytest.raises(IntegrityProblem):
        verify_envelope(envelope, PUBLIC)


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b"[]",
        b'{"_type": "https://in-toto.io/Statement/v1"}',  # a space too many
        b'{"_type":"https://in-toto.io/Statement/v1","a":1,"a":2}',
        b'{"_type":"other"}',
        b"\xff",
    ],
)
def test_a_signed_payload_that_is_no_canonical_statement_is_refused(payload):
    key = serialization.load_pem_private_key(PEM, None)
    assert isinstance(key, Ed25519PrivateKey)
    sig = key.sign(encode("application/vnd.in-toto+json", payload))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"keyid": "ann", "sig": base64.b64encode(sig).decode()}],
    }
    with pytest.raises(IntegrityProblem):
        verify_envelope(envelope, PUBLIC)


@pytest.mark.parametrize(
    "public",
    ["", PUBLIC.upper(), PUBLIC[:-1], "zz" * 32],
    ids=["empty", "capitals", "short", "no hexadecimal"],
)
def test_a_public_key_has_one_spelling(public):
    if public == PUBLIC:  # a key of digits only has no upper case
        return
    with pytest.raises(IntegrityProblem):
        verify_envelope(ENVELOPE, public)


def test_the_payload_is_canonical_json():
    payload = base64.b64decode(ENVELOPE["payload"])
    assert payload == canonical(json.loads(payload))


def test_an_encrypted_key_needs_its_passphrase():
    pem, public = generate(b"open sesame")
    assert b"ENCRYPTED" in pem
    assert public_of(pem, b"open sesame") == public
    signed = sign_statement(STATEMENT, pem, "ann", passphrase=b"open sesame")
    assert verify_envelope(signed, public) == STATEMENT
    with pytest.raises(UsageProblem, match="do not go together"):
        sign_statement(STATEMENT, pem, "ann")
    with pytest.raises(UsageProblem, match="cannot be read"):
        sign_statement(STATEMENT, pem, "ann", passphrase=b"guess")


def test_a_file_that_is_no_key_is_named():
    with pytest.raises(UsageProblem, match="cannot be read"):
        public_of(b"hello")
