"""Kernels: shingle hashes of a row of normalised UTF-8, and its band keys.

They give bit for bit what ``sets`` and ``signature`` give with numpy (a test holds that).
"""

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.neardup.compiled import compiled
from tuneworthy.methods.neardup.signature import (
    BANDS,
    BIN_BITS,
    BINS,
    EMPTY,
    KEY_DROP,
    ROWS,
    donors,
)
from tuneworthy.methods.neardup.text import GOLDEN, HASH_BITS, I64, PAD, SHINGLE, U32, U64

U8 = NDArray[np.uint8]
Flags = NDArray[np.bool_]

_GOLDEN = np.uint64(GOLDEN)
_PAD = np.uint64(ord(PAD))
_DROP = np.uint64(64 - HASH_BITS)
_REST = np.uint64(HASH_BITS - BIN_BITS)
_EMPTY = EMPTY
_KEY_DROP = KEY_DROP
_SPAN = SHINGLE - 1
_TRIES = 64
_DONORS = np.stack([donors(attempt) for attempt in range(1, _TRIES + 1)])
_A, _B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_STEP, _BINS, _THREE = np.uint64(0x1000003), np.uint64(BINS), np.uint64(3)


@compiled
def mixed(value: np.uint64) -> np.uint64:
    """``text.mix`` of one number."""
    value = (value ^ (value >> _S30)) * _A
    value = (value ^ (value >> _S27)) * _B
    return value ^ (value >> _S31)


@compiled
def decode(data: U8, low: int, high: int, codes: U64) -> int:
    """Code points of UTF-8 bytes (lone surrogates too) into ``codes``; how many."""
    at, count = low, 0
    while at < high:
        first = np.int64(data[at])
        if first < 0x80:
            code, width = first, 1
        elif first < 0xE0:
            code, width = first & 0x1F, 2
        elif first < 0xF0:
            code, width = first & 0x0F, 3
        else:
            code, width = first & 0x07, 4
        for i in range(1, width):
            code = (code << 6) | (np.int64(data[at + i]) & 0x3F)
        codes[count] = np.uint64(code)
        at += width
        count += 1
    return count


@compiled
def row_hashes(data: U8, low: int, high: int, wide: bool, codes: U64, out: U64) -> int:
    """The 52-bit hash of every shingle of a row, repeats included, into ``out``; how many."""
    if wide:
        count = decode(data, low, high, codes)
    else:
        count = high - low
        for i in range(count):
            codes[i] = np.uint64(data[low + i])
    while count < SHINGLE:
        codes[count] = _PAD
        count += 1
    for i in range(count - _SPAN):
        rolled = codes[i]
        for j in range(1, SHINGLE):
            rolled = rolled * _GOLDEN + codes[i + j]
        out[i] = mixed(rolled) >> _DROP
    return count - _SPAN


@compiled
def _densify(signature: U64, source: U64) -> None:
    filled, value = 0, _EMPTY
    for i in range(BINS):
        source[i] = signature[i]
        if signature[i] != _EMPTY:
            filled += 1
            value = signature[i]
    if filled == BINS:
        return
    if filled == 1:
        signature[:] = value
        return
    for i in range(BINS):
        attempt = 0
        while signature[i] == _EMPTY:
            if attempt < _TRIES:
                donor = np.int64(_DONORS[attempt, i])
            else:
                seed = np.uint64(i) * _STEP + np.uint64(attempt + 1)
                donor = np.int64(mixed(seed) % _BINS)
            signature[i] = source[donor]
            attempt += 1


@compiled
def band_keys_of(data: U8, offsets: I64, wide: Flags, longest: int) -> U32:
    """Band keys, shape (rows, 32), of normalised rows.

    Args:
        data: UTF-8 of all rows, one after the other.
        offsets: Where each row starts, and the end of the last one.
        wide: Rows that hold more than ASCII.
        longest: Bytes of the longest row.
    """
    count = len(offsets) - 1
    keys = np.empty((count, BANDS), dtype=np.uint32)
    codes = np.empty(longest + SHINGLE, dtype=np.uint64)
    hashes = np.empty(longest + SHINGLE, dtype=np.uint64)
    signature = np.empty(BINS, dtype=np.uint64)
    source = np.empty(BINS, dtype=np.uint64)
    for row in range(count):
        size = row_hashes(data, offsets[row], offsets[row + 1], wide[row], codes, hashes)
        signature[:] = _EMPTY
        for i in range(size):
            value = hashes[i]
            cell = value >> _REST
            if value < signature[cell]:
                signature[cell] = value
        _densify(signature, source)
        for band in range(BANDS):
            key = np.uint64(0)
            for i in range(ROWS):
                key = mixed(key * _THREE + signature[band * ROWS + i])
            keys[row, band] = np.uint32(key >> _KEY_DROP)
    return keys
