import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.govern.verifier.log import grown, included
from tuneworthy.methods.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    root,
)

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
    assert included(items[index], index, len(items), proof, top)
    assert not included(items[index] + b"x", index, len(items), proof, top)
    assert not included(items[index], index, len(items), [*proof, b"\0" * 32], top)
    if proof:
        assert not included(items[index], index, len(items), proof[:-1], top)
    other = data.draw(st.integers(0, len(items) - 1))
    if items[other] != items[index]:
        assert not included(items[index], other, len(items), proof, top)


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
    assert not included(items[index], index, len(items), proof, root(items))


@pytest.mark.parametrize("index", [-1, 3])
def test_no_such_leaf(index):
    with pytest.raises(IndexError, match="no leaf"):
        inclusion_proof([b"a", b"b", b"c"], index)
    assert not included(b"a", index, 3, [], root([b"a", b"b", b"c"]))


@given(leaves, st.data())
def test_every_grown_tree_shows_that_it_grew_and_no_other_does(items, data):
    old = data.draw(st.integers(1, len(items)))
    proof, before, now = consistency_proof(items, old), root(items[:old]), root(items)
    assert grown(old, before, len(items), now, proof)
    other = root([*items[: old - 1], items[old - 1] + b"x"])
    assert not grown(old, other, len(items), now, proof)
    assert not grown(old, before, len(items), root([*items, b"x"]), proof)
    assert not grown(old, before, len(items), now, [*proof, b"\0" * 32])
    if proof:
        assert not grown(old, before, len(items), now, proof[:-1])


def pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_known_consistency_proofs():
    """The three of RFC 6962, section 2.1.3, over its tree of seven leaves."""
    items = [bytes([n]) for n in range(7)]
    a, b, c, d, e, f, j = [root([item]) for item in items]
    g, h, i = pair(a, b), pair(c, d), pair(e, f)
    k, right = pair(g, h), pair(i, j)
    assert consistency_proof(items, 3) == [c, d, g, right]
    assert consistency_proof(items, 4) == [right]
    assert consistency_proof(items, 6) == [i, j, k]


@pytest.mark.parametrize("old", [0, -1, 4])
def test_no_proof_of_a_tree_that_never_was(old):
    with pytest.raises(IndexError):
        consistency_proof([b"a", b"b", b"c"], old)
    assert not grown(old, b"", 3, root([b"a", b"b", b"c"]), [])


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_frontier_knows_the_root_at_every_size(items):
    edge = Frontier()
    for number, item in enumerate(items):
        assert edge.root() == root(items[:number])
        edge = Frontier(edge.size, edge.peaks)
        edge.add(item)
    assert edge.root() == root(items)


def test_a_frontier_with_other_peaks_is_none():
    with pytest.raises(ValueError, match="peaks"):
        Frontier(3, [b"x" * 32])
