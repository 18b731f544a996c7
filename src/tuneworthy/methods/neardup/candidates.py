"""Buckets of rows that share a band key."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.neardup.text import I64, U64, mix

VOTES = 2
"""Bands that a pair must share to be compared.

With 32 bands of 4 rows a pair at Jaccard 0.7 is compared with probability 0.998, at 0.75 0.9999, at
0.3 0.03, at 0.2 0.001. One band alone would let 0.23 and 0.05 of the last two through.
"""

I32 = NDArray[np.int32]


@dataclass(frozen=True)
class Candidates:
    """For every band, the rows in the order of their keys, and each row's bucket.

    Attributes:
        order: Rows by bucket and then by number, shape (bands, rows).
        start: Where a row's bucket starts in ``order``, -1 when it is alone; shape (bands, rows).
        stop: Where the bucket that starts there ends, shape (bands, rows); kernels shorten it.
        labels: Rows of different labels are never candidates, shape (rows,).
    """

    order: I32
    start: I32
    stop: I32
    labels: I64

    def mates(self, row: int) -> I64:
        """The rows of the same label that share enough buckets with this one, ascending."""
        parts = [
            order[a : stop[a]]
            for order, stop, a in zip(
                self.order, self.stop, self.start[:, row].tolist(), strict=True
            )
            if a >= 0
        ]
        if not parts:
            return np.zeros(0, dtype=np.int64)
        rows, votes = np.unique(np.concatenate(parts), return_counts=True)
        found: I64 = rows[votes >= VOTES].astype(np.int64)
        alike: I64 = found[self.labels[found] == self.labels[row]]
        return alike


def candidates_from(band_keys: U64, same: Sequence[Hashable] | None = None) -> Candidates:
    """The buckets of band keys, shape (rows, bands); linear in memory: 12 bytes a key.

    Keys are cut to 32 bits: a chance collision makes a candidate, which verification refuses.

    Args:
        band_keys: As ``signatures`` gives them; batches may be stacked.
        same: Values that must be equal for two rows to be candidates.
    """
    count, bands = band_keys.shape
    labels = _labels(same, count)
    salt = mix(labels.astype(np.uint64) + np.uint64(1)) if same is not None else None
    order = np.empty((bands, count), dtype=np.int32)
    start = np.full((bands, count), -1, dtype=np.int32)
    stop = np.empty((bands, count), dtype=np.int32)
    numbers = np.arange(count, dtype=np.uint64)
    high = np.uint64(0xFFFFFFFF00000000)
    for band in range(bands):
        key = band_keys[:, band] if salt is None else mix(band_keys[:, band] ^ salt)
        packed = (key & high) | numbers
        packed.sort()
        order[band] = packed & np.uint64(0xFFFFFFFF)
        packed >>= np.uint64(32)
        heads = np.flatnonzero(np.concatenate(([True], packed[1:] != packed[:-1])))[:count]
        ends = np.append(heads[1:], count)
        shared = ends - heads > 1
        heads, ends = heads[shared], ends[shared]
        stop[band, heads] = ends
        sizes = ends - heads
        spread = np.repeat(heads, sizes)
        ranks = np.arange(len(spread)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        start[band, order[band, spread + ranks]] = spread
    return Candidates(order, start, stop, labels)


def _labels(same: Sequence[Hashable] | None, count: int) -> I64:
    if same is None:
        return np.zeros(count, dtype=np.int64)
    codes: dict[Hashable, int] = {}
    return np.fromiter(
        (codes.setdefault(value, len(codes)) for value in same), dtype=np.int64, count=count
    )
