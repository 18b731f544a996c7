"""One-permutation signatures and their band keys, with numpy.

One-permutation hashing (Li, Owen, Zhang 2012) with optimal densification (Shrivastava 2017), cut
into 32 bands of 4 rows (Leskovec, Rajaraman, Ullman, chapter 3): a pair at Jaccard 0.7 shares a
band with probability 0.9998.
"""

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.neardup.sets import Sets
from tuneworthy.methods.neardup.text import HASH_BITS, U32, U64, mix

BIN_BITS = 7
BINS = 1 << BIN_BITS
BANDS = 32
ROWS = BINS // BANDS
KEY_DROP = np.uint64(32)
"""Bits of a band's hash that its key leaves out."""
EMPTY = np.uint64(2**64 - 1)


def band_keys_of(sets: Sets) -> U32:
    """Band keys, shape (rows, 32): rows that share a key in a column are candidates.

    Keys are cut to 32 bits: a chance collision makes a candidate, which verification refuses.
    """
    signature = _signatures(sets).reshape(sets.count, BANDS, ROWS)
    keys: U64 = np.zeros((sets.count, BANDS), dtype=np.uint64)
    for i in range(ROWS):
        keys = mix(keys * np.uint64(3) + signature[:, :, i])
    return (keys >> KEY_DROP).astype(np.uint32)


def donors(attempt: int) -> NDArray[np.uint8]:
    """The bin that each empty bin borrows from at an attempt (from 1): a hash of the two."""
    seed = np.arange(BINS, dtype=np.uint64) * np.uint64(0x1000003) + np.uint64(attempt)
    return (mix(seed) % np.uint64(BINS)).astype(np.uint8)


def _signatures(sets: Sets) -> U64:
    # The smallest hash in each of 128 bins, empty bins filled.
    rest = np.uint64(HASH_BITS - BIN_BITS)
    owner = np.repeat(np.arange(sets.count, dtype=np.int64), sets.sizes)
    cell = owner * BINS + (sets.hashes >> rest).astype(np.int64)
    # Hashes are sorted within a text, so the first of each cell is its smallest.
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    flat = np.full(sets.count * BINS, EMPTY, dtype=np.uint64)
    flat[cell[first]] = sets.hashes[first]
    signature = flat.reshape(sets.count, BINS)
    _densify(signature)
    return signature


def _densify(signature: U64) -> None:
    # Fill each empty bin from the first full one among its donors.
    source = signature.copy()
    row, column = np.nonzero(signature == EMPTY)
    attempt = 0
    while row.size:
        attempt += 1
        value = source[row, donors(attempt)[column]]
        found = value != EMPTY
        signature[row[found], column[found]] = value[found]
        row, column = row[~found], column[~found]
