"""The verifier's own crafts against those of the product and of the libraries that it uses."""

import json
import math
import struct

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tuneworthy.govern.verifier.ed25519 import ed25519_verifies
from tuneworthy.govern.verifier.forms import Fault, canonical, parse
from tuneworthy.govern.verifier.log import Log, grown, included
from tuneworthy.govern.verifier.notes import open_note, split_notes
from tuneworthy.methods.merkle import consistency_proof, inclusion_proof, root
from tuneworthy.methods.signed_note import Tree, sign, verifier_key
from tuneworthy.methods.signing import generate

VECTORS = [  # RFC 8032, section 7.1, tests 1 to 3: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_signatures_of_rfc_8032(public: str, message: str, signature: str) -> None:
    key, said, signed = map(bytes.fromhex, (public, message, signature))
    assert ed25519_verifies(key, signed, said)
    assert not ed25519_verifies(key, signed, said + b"x")
    for at in range(0, 64, 7):
        changed = bytearray(signed)
        changed[at] ^= 1
        assert not ed25519_verifies(key, bytes(changed), said)


def test_a_signature_has_one_form_only() -> None:
    """S + L verifies by a careless check: RFC 8032 wants S below L."""
    key, message, signed = (bytes.fromhex(text) for text in VECTORS[1])
    more = int.from_bytes(signed[32:], "little") + ORDER
    assert not ed25519_verifies(key, signed[:32] + more.to_bytes(32, "little"), message)
    assert not ed25519_verifies(key, signed + b"\0", message)
    assert not ed25519_verifies(b"\xff" * 32, signed, message)


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_agrees_with_the_library(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signed = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
    assert ed25519_verifies(public, bytes(signed), message)
    signed[bit // 8] ^= 1 << bit % 8
    assert not ed25519_verifies(public, bytes(signed), message)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_values)
def test_writes_json_as_rfc_8785_does(value: object) -> None:
    written = canonical(value)
    assert written == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert canonical(parse(written, "it")) == written


@given(st.integers(0, 2**64 - 1))
def test_writes_any_double_as_rfc_8785_does(bits: int) -> None:
    number = struct.unpack("<d", bits.to_bytes(8, "little"))[0]
    assume(math.isfinite(number))
    assert canonical(number) == rfc8785.dumps(number)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b"NaN",
        b"[1, 2]",
        b"1.0",
        b'"\\u0041"',
        b"\xff",
        b"",
        b"[" * 100_000,
        b"1e999",
    ],
)
def test_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(Fault):
        parse(data, "it")


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=40), st.data())
def test_finds_the_same_proofs_right(items: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(items) - 1))
    proof, top = inclusion_proof(items, index), root(items)
    assert included(items[index], index, len(items), proof, top)
    assert not included(items[index] + b"x", index, len(items), proof, top)
    assert not included(items[index], index, len(items), [*proof, top], top)


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=40), st.data())
def test_finds_the_same_growth_right(items: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(items)))
    proof, before, top = consistency_proof(items, old), root(items[:old]), root(items)
    other = root([*items, b"x"])
    assert grown(old, before, len(items), top, proof)
    assert not grown(old, other, len(items), top, proof)
    assert not grown(old, before, len(items), other, proof)
    assert not grown(old, before, len(items), top, [*proof, top])
    assert not grown(0, before, len(items), top, proof)


def test_knows_the_same_trees(chain_of: object, lines_of: object) -> None:
    records = chain_of(["a", "b", "c", "d", "e", "f", "g"])  # type: ignore[operator]
    log = Log(range(1, 8))
    for line in lines_of(records):  # type: ignore[operator]
        log.feed(line[:-1])
    for size in range(8):
        assert log.roots[size] == root([record.body for record in records[:size]])


def test_reads_the_notes_that_are_written() -> None:
    pem, public = generate()
    trees = [Tree(origin="tuneworthy/s", size=n, root=f"{n:02x}" * 32) for n in (1, 22)]
    kept = "\n".join(sign(tree, pem) for tree in trees).encode()
    found = [
        open_note(one, [verifier_key("tuneworthy/s", public)]) for one in split_notes(kept, "")
    ]
    assert found == [(tree.size, bytes.fromhex(tree.root)) for tree in trees]


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_no_file_of_checkpoints_ends_in_a_crash(data: bytes) -> None:
    try:
        notes = split_notes(data, "file")
        for note in notes:
            open_note(note, [])
    except Fault:
        return
    assert json.dumps(notes) == "[]"
