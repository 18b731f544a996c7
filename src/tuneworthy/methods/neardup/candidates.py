"""Buckets of rows that share a band key; crowded ones are cut into parts that share more keys."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.neardup.text import I64, U32, U64, mix

VOTES = 2
"""Bands that a pair must share to be compared.

With 32 bands of 4 rows a pair at Jaccard 0.7 is compared with probability 0.998, at 0.75 0.9999, at
0.3 0.03, at 0.2 0.001. One band alone would let 0.23 and 0.05 of the last two through.
"""

CROWD = 200
"""Rows of a bucket from which it is cut.

Rows made from one template share the keys of the template, whatever they say, and all would be
compared with all. A crowded bucket is cut by the next band's key too, then by the next two, four,
eight, sixteen. A pair at Jaccard 0.9 shares one of 32 pairs of bands with probability 1.000, at 0.8
0.997, at 0.7 0.85. What is never cut further has all keys in common.
"""

I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
Flags = NDArray[np.bool_]


@dataclass
class Work:
    """What a search for near-duplicates took, and gave up. Filled in by the search.

    Attributes:
        compared: Pairs of rows whose similarity was taken.
        crowded: Rows that stood in a crowded bucket and were compared with a part of it.
    """

    compared: int = 0
    crowded: int = 0


@dataclass(frozen=True)
class Candidates:
    """For every band, the rows in the order of their keys, and each row's bucket.

    Attributes:
        order: Rows by bucket and then by number, shape (bands, rows).
        start: Where a row's bucket starts in ``order``, -1 when it is alone; shape (bands, rows).
        stop: Where the bucket that starts there ends, shape (bands, rows); kernels shorten it.
        votes: What the bucket that starts there counts: ``VOTES`` for a part of a crowded one,
            whose rows share two bands at least; shape (bands, rows).
        labels: Rows of different labels are never candidates, shape (rows,).
        crowded: Rows that stood in a crowded bucket.
    """

    order: I32
    start: I32
    stop: I32
    votes: I8
    labels: I64
    crowded: int

    def mates(self, row: int) -> I64:
        """The rows of the same label that share enough buckets with this one, ascending."""
        heads = [(band, a) for band, a in enumerate(self.start[:, row].tolist()) if a >= 0]
        if not heads:
            return np.zeros(0, dtype=np.int64)
        parts = [self.order[band, a : self.stop[band, a]] for band, a in heads]
        counts = np.repeat([self.votes[head] for head in heads], [len(part) for part in parts])
        rows, place = np.unique(np.concatenate(parts), return_inverse=True)
        votes = np.bincount(place, weights=counts)
        found: I64 = rows[votes >= VOTES].astype(np.int64)
        alike: I64 = found[self.labels[found] == self.labels[row]]
        return alike


def candidates_from(band_keys: U32, same: Sequence[Hashable] | None = None) -> Candidates:
    """The buckets of band keys, shape (rows, bands); linear in memory: 13 bytes a key.

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
    votes = np.ones((bands, count), dtype=np.int8)
    crowded = np.zeros(count, dtype=bool)
    numbers = np.arange(count, dtype=np.uint64)
    for band in range(bands):
        packed = (_keys(band_keys[:, band], salt) << np.uint64(32)) | numbers
        packed.sort()
        order[band] = packed & np.uint64(0xFFFFFFFF)
        packed >>= np.uint64(32)
        first = np.concatenate(([True], packed[1:] != packed[:-1]))[:count]
        _cut(order[band], first, votes[band], band_keys, band, crowded)
        heads = np.flatnonzero(first)
        ends = np.append(heads[1:], count)
        shared = ends - heads > 1
        heads, ends = heads[shared], ends[shared]
        stop[band, heads] = ends
        spread, sizes = _within(heads, ends)
        start[band, order[band, spread]] = np.repeat(heads, sizes)
    return Candidates(order, start, stop, votes, labels, int(crowded.sum()))


def _keys(column: U32, salt: U64 | None) -> U64:
    """One band's keys, 32 bits each; of other labels they differ."""
    keys = column.astype(np.uint64)
    return keys if salt is None else mix(keys ^ salt) >> np.uint64(32)


def _cut(order: I32, first: Flags, votes: I8, band_keys: U32, band: int, crowded: Flags) -> None:
    """Cut the crowded buckets of one band, in place, by the keys of more and more bands.

    ``first`` says where in ``order`` a bucket starts.
    """
    bands, width = band_keys.shape[1], 1
    while width < bands:
        heads = np.flatnonzero(first)
        ends = np.append(heads[1:], len(first))
        many = ends - heads > CROWD
        if not many.any():
            return
        places, sizes = _within(heads[many], ends[many])
        rows = order[places]
        if width == 1:
            crowded[rows] = True
        key = np.zeros(len(rows), dtype=np.uint64)
        for i in range(width, min(2 * width, bands)):
            key = mix(key * np.uint64(3) + band_keys[rows, (band + i) % bands])
        bucket = np.repeat(np.arange(len(sizes)), sizes)
        sort = np.lexsort((rows, key, bucket))
        order[places], key = rows[sort], key[sort]
        # The first of a bucket stays one; within it every new key starts a part.
        first[places[1:]] |= key[1:] != key[:-1]
        votes[places] = VOTES
        width *= 2


def _within(heads: I64, ends: I64) -> tuple[I64, I64]:
    """All places from each head up to its end, and how many each has."""
    sizes = ends - heads
    ranks = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(heads, sizes) + ranks, sizes


def _labels(same: Sequence[Hashable] | None, count: int) -> I64:
    if same is None:
        return np.zeros(count, dtype=np.int64)
    codes: dict[Hashable, int] = {}
    return np.fromiter(
        (codes.setdefault(value, len(codes)) for value in same), dtype=np.int64, count=count
    )
