"""The shingle sets of a few thousand texts as one flat table, with numpy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.neardup.text import GOLDEN, HASH_BITS, I64, SHINGLE, U64, mix, padded

EPSILON = 1e-9
"""Similarities this far below a threshold still reach it: they are rounded quotients."""

_CHUNK = 4096


class Sets:
    """Shingle hashes (52 bits) of each text, and numbers for those hashes."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        hashes: list[U64] = [np.zeros(0, dtype=np.uint64)]
        sizes: list[I64] = [np.zeros(0, dtype=np.int64)]
        mask = np.uint64((1 << HASH_BITS) - 1)
        for at in range(0, len(texts), _CHUNK):
            chunk = [padded(text) for text in texts[at : at + _CHUNK]]
            keys = _chunk_keys(chunk)
            owner = (keys >> np.uint64(HASH_BITS)).astype(np.int64)
            sizes.append(np.bincount(owner, minlength=len(chunk)).astype(np.int64))
            hashes.append(keys & mask)
        self.hashes = np.concatenate(hashes)
        self.sizes = np.concatenate(sizes)
        self.starts = np.concatenate(([0], np.cumsum(self.sizes))).astype(np.int64)
        names, numbers = np.unique(self.hashes, return_inverse=True)
        self.ids: I64 = numbers.astype(np.int64)
        self._mark = np.zeros(len(names), dtype=bool)

    def row(self, at: int) -> I64:
        """The shingle numbers of one text."""
        return self.ids[self.starts[at] : self.starts[at + 1]]

    def rarity(self) -> I64:
        """Rank of every shingle, rarest first."""
        often = np.bincount(self.ids, minlength=len(self._mark))
        rank = np.empty(len(often), dtype=np.int64)
        rank[np.argsort(often, kind="stable")] = np.arange(len(often))
        return rank

    def compare(self, at: int, others: I64, threshold: float) -> tuple[I64, NDArray[np.float64]]:
        """Those of ``others`` at ``threshold`` or more from row ``at``, with their similarity."""
        size = self.sizes[at]
        sizes = self.sizes[others]
        # Jaccard is at most the smaller set over the larger one.
        fits = np.minimum(sizes, size) >= threshold * np.maximum(sizes, size) - EPSILON
        others, sizes = others[fits], sizes[fits]
        if not others.size:
            return others, np.zeros(0)
        offsets = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        flat = np.repeat(self.starts[others] - offsets, sizes) + np.arange(int(sizes.sum()))
        mine = self.row(at)
        self._mark[mine] = True
        shared = np.add.reduceat(self._mark[self.ids[flat]], offsets, dtype=np.int64)
        self._mark[mine] = False
        score = shared / (size + sizes - shared)
        near = score >= threshold - EPSILON
        return others[near], score[near]


def _chunk_keys(texts: Sequence[str]) -> U64:
    """Sorted unique keys: the text's place in the chunk (12 bits), then a shingle hash (52)."""
    lengths = np.fromiter((len(t) for t in texts), dtype=np.int64, count=len(texts))
    data = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(data, dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)
    span = len(codes) - SHINGLE + 1
    rolled = np.zeros(span, dtype=np.uint64)
    for i in range(SHINGLE):
        rolled = rolled * np.uint64(GOLDEN) + codes[i : i + span]
    inside = owner[:span] == owner[SHINGLE - 1 :]
    hashed = mix(rolled[inside]) >> np.uint64(64 - HASH_BITS)
    return np.unique((owner[:span][inside] << np.uint64(HASH_BITS)) | hashed)
