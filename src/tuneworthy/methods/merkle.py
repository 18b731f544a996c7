"""Merkle tree hashes as in RFC 6962, section 2.1: root, proofs and their checks.

Leaves are bytes. A leaf's hash is SHA-256(0x00 || leaf), a node's SHA-256(0x01 || left || right),
so that a node can never pass for a leaf. The checks follow RFC 9162, sections 2.1.3.2 and 2.1.4.2.
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
    return inclusion_proofs(leaves, [index])[0]


def inclusion_proofs(leaves: Sequence[bytes], indices: Sequence[int]) -> list[list[bytes]]:
    """The proofs of several leaves, in their order; every hash is computed once.

    Raises:
        IndexError: There is no such leaf.
    """
    for index in indices:
        if not 0 <= index < len(leaves):
            raise IndexError(f"no leaf {index} among {len(leaves)}")
    hashes = [leaf_hash(leaf) for leaf in leaves]
    paths: list[list[bytes]] = [[] for _ in indices]
    depth = 0
    while len(hashes) > 1:
        for path, index in zip(paths, indices, strict=True):
            beside = (index >> depth) ^ 1
            if beside < len(hashes):
                path.append(hashes[beside])
        hashes, depth = _level(hashes), depth + 1
    return paths


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The hashes that show the first ``old`` leaves to be the beginning of all of them.

    Raises:
        IndexError: There are fewer leaves than ``old``, or ``old`` is not positive.
    """
    if not 0 < old <= len(leaves):
        raise IndexError(f"no tree of {old} among {len(leaves)}")
    return _subproof(old, [leaf_hash(leaf) for leaf in leaves], whole=True)


class Frontier:
    """The right edge of a growing tree: all that is needed to add leaves and to know the root.

    Args:
        size: How many leaves there are.
        peaks: Roots of the full subtrees, largest first: one for each 1 bit of ``size``.

    Raises:
        ValueError: As many peaks as that there cannot be.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if size < 0 or len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves does not have {len(self.peaks)} peaks")

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        value, size = leaf_hash(leaf), self.size
        while size & 1:
            value, size = _node(self.peaks.pop(), value), size >> 1
        self.peaks.append(value)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        value = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            value = _node(peak, value)
        return value


def _subproof(old: int, hashes: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2; ``whole`` while the old tree's root is known as such."""
    if old == len(hashes):
        return [] if whole else [_fold(hashes)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    left, right = hashes[:split], hashes[split:]
    if old <= split:
        return [*_subproof(old, left, whole=whole), _fold(right)]
    return [*_subproof(old - split, right, whole=False), _fold(left)]


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


def _level(hashes: list[bytes]) -> list[bytes]:
    pairs = [_node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
    return pairs + hashes[-1:] if len(hashes) % 2 else pairs
