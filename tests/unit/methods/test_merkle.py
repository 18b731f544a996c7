import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.merkle import inclusion_proof, root, verify_inclusion

# The eight leaves and the roots of the test tree that Certificate Transparency logs use.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


@pytest.mark.parametrize("size", sorted(ROOTS))
def test_known_roots(size):
    assert root(LEAVES[:size]).hex() == ROOTS[size]


def by_definition(items: list[bytes]) -> bytes:
    if len(items) == 1:
        return hashlib.sha256(b"\x00" + items[0]).digest()
    split = 1
    while split * 2 < len(items):
        split *= 2
    left, right = by_definition(items[:split]), by_definition(items[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(leaves)
def test_same_as_the_recursive_definition(items):
    assert root(items) == by_definition(items)


@given(leaves, st.data())
def test_every_proof_holds_and_only_for_its_place(items, data):
    index = data.draw(st.integers(0, len(items) - 1))
    top, proof = root(items), inclusion_proof(items, index)
    assert verify_inclusion(items[index], index, len(items), proof, top)
    assert not verify_inclusion(items[index] + b"x", index, len(items), proof, top)
    assert not verify_inclusion(items[index], index, len(items), [*proof, b"\0" * 32], top)
    if proof:
        assert not verify_inclusion(items[index], index, len(items), proof[:-1], top)
    other = data.draw(st.integers(0, len(items) - 1))
    if items[other] != items[index]:
        assert not verify_inclusion(items[index], other, len(items), proof, top)


@given(leaves, st.data())
def test_a_flipped_bit_in_the_proof_is_seen(items, data):
    index = data.draw(st.integers(0, len(items) - 1))
    proof = inclusion_proof(items, index)
    if not proof:
        return
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = bytearray(proof[at])
    flipped[bit // 8] ^= 1 << bit % 8
    proof[at] = bytes(flipped)
    assert not verify_inclusion(items[index], index, len(items), proof, root(items))


@pytest.mark.parametrize("index", [-1, 3])
def test_no_such_leaf(index):
    with pytest.raises(IndexError, match="no leaf"):
        inclusion_proof([b"a", b"b", b"c"], index)
    assert not verify_inclusion(b"a", index, 3, [], root([b"a", b"b", b"c"]))
