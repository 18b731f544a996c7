"""The verifier's P-256 and passkeys against published vectors, the library, and the product."""

import ast
import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.authenticator import EDDSA, ES256, Authenticator
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.govern import verifier
from tuneworthy.govern.verifier.ed25519 import ed25519_verifies
from tuneworthy.govern.verifier.envelopes import open_envelope
from tuneworthy.govern.verifier.forms import Fault
from tuneworthy.govern.verifier.p256 import p256_verifies
from tuneworthy.methods.passkey import from_base64url, to_base64url
from tuneworthy.methods.signing import (
    STATEMENT_TYPE,
    passkey_challenge,
    passkey_envelope,
    verify_envelope,
)

VECTORS = Path(__file__).parent / "vectors"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def vectors(name: str) -> list[Any]:
    found: list[Any] = json.loads((VECTORS / name).read_text("utf-8"))["tests"]
    assert {one["result"] for one in found} == {"valid", "invalid"}
    return [pytest.param(one, id=f"{one['tcId']}") for one in found]


@pytest.mark.parametrize("case", vectors("ecdsa_p256.json"))
def test_ecdsa_as_wycheproof_has_it(case: Any) -> None:
    key, said, signed = (bytes.fromhex(case[name]) for name in ("key", "msg", "sig"))
    assert p256_verifies(key[1:33], key[33:], signed, said) is (case["result"] == "valid")


@pytest.mark.parametrize("case", vectors("ed25519.json"))
def test_ed25519_as_wycheproof_has_it(case: Any) -> None:
    key, said, signed = (bytes.fromhex(case[name]) for name in ("key", "msg", "sig"))
    assert ed25519_verifies(key, signed, said) is (case["result"] == "valid")


def pair(secret: int, said: bytes) -> tuple[ec.EllipticCurvePublicKey, bytes, bytes, bytes]:
    key = ec.derive_private_key(secret, ec.SECP256R1())
    at = key.public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (at.x, at.y))
    return key.public_key(), x, y, key.sign(said, ec.ECDSA(hashes.SHA256()))


def library_verifies(key: ec.EllipticCurvePublicKey, signed: bytes, said: bytes) -> bool:
    try:
        key.verify(signed, said, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


@settings(max_examples=25, deadline=None)
@given(st.integers(1, ORDER - 1), st.binary(max_size=200), st.integers(0, 2**16))
def test_agrees_with_the_library(secret: int, said: bytes, lot: int) -> None:
    key, x, y, signed = pair(secret, said)
    assert p256_verifies(x, y, signed, said)
    bit = lot % (len(signed) * 8)
    changed = bytearray(signed)
    changed[bit // 8] ^= 1 << bit % 8
    assert p256_verifies(x, y, bytes(changed), said) is library_verifies(key, bytes(changed), said)
    assert not p256_verifies(x, y, signed, said + b"x")


@settings(max_examples=10, deadline=None)
@given(st.integers(1, ORDER - 1), st.binary(max_size=20))
def test_both_halves_of_s_count_and_nothing_beyond_the_order(secret: int, said: bytes) -> None:
    _, x, y, signed = pair(secret, said)
    r, s = decode_dss_signature(signed)
    assert p256_verifies(x, y, encode_dss_signature(r, ORDER - s), said)
    for wrong in [(r, 0), (0, s), (r, ORDER), (ORDER, s), (r, s + ORDER), (r + ORDER, s)]:
        assert not p256_verifies(x, y, encode_dss_signature(*wrong), said)


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=90))
def test_no_bytes_end_in_a_crash(signed: bytes) -> None:
    _, x, y, _ = pair(5, b"")
    assert not p256_verifies(x, y, signed, b"")


def test_a_key_off_the_curve_verifies_nothing() -> None:
    _, x, y, signed = pair(7, b"said")
    assert p256_verifies(x, y, signed, b"said")
    for at in (0, 31):
        off = bytearray(y)
        off[at] ^= 1
        assert not p256_verifies(x, bytes(off), signed, b"said")
    assert not p256_verifies(bytes(32), bytes(32), signed, b"said")
    assert not p256_verifies(b"\xff" * 32, y, signed, b"said")


STATEMENT = {"_type": STATEMENT_TYPE, "subject": [], "predicateType": "urn:x", "predicate": {}}


def envelope_by(key: Authenticator) -> dict[str, Any]:
    said = key.assertion(passkey_challenge(STATEMENT))
    return passkey_envelope(STATEMENT, said, "ann")


@pytest.mark.parametrize("algorithm", [ES256, EDDSA])
def test_both_verifiers_read_the_same_envelope(algorithm: int) -> None:
    key = Authenticator(algorithm)
    envelope = envelope_by(key)
    assert open_envelope(envelope, key.text, "ann") == STATEMENT
    assert verify_envelope(envelope, key.text, keyid="ann") == STATEMENT
    other = Authenticator(algorithm)
    with pytest.raises(Fault):
        open_envelope(envelope, other.text, "ann")


def with_part(envelope: dict[str, Any], name: str, data: bytes) -> dict[str, Any]:
    if name == "payload":
        return {**envelope, "payload": base64.b64encode(data).decode()}
    return {**envelope, "signatures": [{**envelope["signatures"][0], name: to_base64url(data)}]}


@pytest.mark.parametrize("algorithm", [ES256, EDDSA])
@pytest.mark.parametrize("part", ["payload", "sig", "authenticatorData", "clientDataJSON"])
def test_no_flipped_bit_is_accepted(algorithm: int, part: str) -> None:
    key = Authenticator(algorithm)
    envelope = envelope_by(key)
    entry = envelope["signatures"][0]
    whole = (
        base64.b64decode(envelope["payload"]) if part == "payload" else from_base64url(entry[part])
    )
    assert verify_envelope(with_part(envelope, part, whole), key.text, keyid="ann") == STATEMENT
    accepted = 0
    for bit in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            verify_envelope(with_part(envelope, part, bytes(flipped)), key.text, keyid="ann")
            accepted += 1
        except IntegrityProblem:
            pass
        if part == "sig" and bit % 7:
            continue  # the pack's own arithmetic is slow; every seventh bit of the signature
        try:
            open_envelope(with_part(envelope, part, bytes(flipped)), key.text, "ann")
            accepted += 1
        except Fault:
            pass
    assert accepted == 0


@pytest.mark.parametrize(
    "change",
    [
        {"flags": 0x01}, {"flags": 0x04}, {"flags": 0}, {"flags": 0x15}, {"flags": 0x45},
        {"flags": 0x85}, {"origin": "https://gates.example.org.evil.example"},
        {"rp_id": "example.org"},
    ],
)  # fmt: skip
def test_both_refuse_what_was_signed_in_another_way(change: dict[str, Any]) -> None:
    key = Authenticator()
    text = key.text
    for name, value in change.items():
        setattr(key, name, value)
    envelope = envelope_by(key)
    with pytest.raises(Fault):
        open_envelope(envelope, text, "ann")
    with pytest.raises(IntegrityProblem):
        verify_envelope(envelope, text, keyid="ann")


@pytest.mark.parametrize(
    "more",
    [{"type": "webauthn.create"}, {"challenge": "AAAA"}, {"crossOrigin": True}, {"topOrigin": "x"}],
)
def test_both_refuse_other_client_data(more: dict[str, Any]) -> None:
    key = Authenticator()
    said = key.assertion(passkey_challenge(STATEMENT), **more)
    envelope = passkey_envelope(STATEMENT, said, "ann")
    with pytest.raises(Fault):
        open_envelope(envelope, key.text, "ann")
    with pytest.raises(IntegrityProblem):
        verify_envelope(envelope, key.text, keyid="ann")


def test_a_text_of_a_key_that_names_another_site_is_refused_by_both() -> None:
    key = Authenticator()
    envelope = envelope_by(key)
    odd = [
        key.text.replace(":https://gates.example.org", ":https://evil.example"),
        key.text.replace("passkey:gates.example.org", "passkey:"),
        key.text.replace("passkey:gates.example.org", "passkey:example.org"),
        key.text.replace("https://", "http://"),
    ]
    for text in odd:
        assert text != key.text
        with pytest.raises(Fault):
            open_envelope(envelope, text, "ann")
        with pytest.raises(IntegrityProblem):
            verify_envelope(envelope, text, keyid="ann")


def test_no_name_stands_twice_in_the_program_of_a_pack() -> None:
    """Its modules become one file, in which a later name would take the place of an earlier."""
    tree = ast.parse(verifier.source())
    names: Counter[str] = Counter()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] += 1
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(t.id for one in targets for t in ast.walk(one) if isinstance(t, ast.Name))
    assert [name for name, n in names.items() if n > 1] == []
