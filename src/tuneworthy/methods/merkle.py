"""Merkle tree hashes as in RFC 6962, section 2.1: root, inclusion proof and its check.

Leaves are bytes. A leaf's hash is SHA-256(0x00 || leaf), a node's SHA-256(0x01 || left || right),
so that a node can never pass for a leaf. The check follows RFC 9162, section 2.1.3.2.
"""

import hashlib
from collections.abc import Iterable, Sequence


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The tree's root; of no leaves, the SHA-256 of nothing.

    >>> root([]).hex()[:8], root([b"a"]) == leaf_hash(b"a")
    ('e3b0c442', True)
    """
    return _fold([leaf_hash(leaf) for leaf in leaves])


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from leaf ``index`` up to the root, lowest first.

    Raises:
        IndexError: There is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    return _path([leaf_hash(leaf) for leaf in leaves], index)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> bool:
    """Whether ``proof`` shows that ``leaf`` is number ``index`` of the ``size`` below the root."""
    if not 0 <= index < size:
        return False
    node, last, value = index, size - 1, leaf_hash(leaf)
    for beside in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = _node(beside, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = _node(value, beside)
        node, last = node >> 1, last >> 1
    return last == 0 and value == expected


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _fold(hashes: list[bytes]) -> bytes:
    # Level by level, an odd one carried up unchanged, is the RFC's split at the largest power of
    # two, without its recursion.
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        hashes = _level(hashes)
    return hashes[0]


def _path(hashes: list[bytes], index: int) -> list[bytes]:
    path: list[bytes] = []
    while len(hashes) > 1:
        beside = index ^ 1
        if beside < len(hashes):
            path.append(hashes[beside])
        hashes, index = _level(hashes), index // 2
    return path


def _level(hashes: list[bytes]) -> list[bytes]:
    pairs = [_node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
    return pairs + hashes[-1:] if len(hashes) % 2 else pairs
