"""Kernels: hashes of runs of words, and a table of them to look up in."""

import numpy as np

from tuneworthy.methods.neardup.compiled import compiled
from tuneworthy.methods.neardup.kernel_hash import mixed
from tuneworthy.methods.neardup.kernel_rows import U8
from tuneworthy.methods.neardup.text import GOLDEN, I64, U64
from tuneworthy.methods.neardup.words import SPAN

_GOLDEN = np.uint64(GOLDEN)
_ONE = np.uint64(1)
_WORD = np.array([i >= 128 or chr(i).isalnum() for i in range(256)], dtype=np.bool_)


@compiled
def row_runs(data: U8, low: int, high: int, words: U64, out: U64) -> int:
    """Hashes of all runs of eight words of a row; of all its words when there are fewer."""
    count, at = 0, low
    while at < high:
        while at < high and not _WORD[data[at]]:
            at += 1
        if at == high:
            break
        value = _ONE
        while at < high and _WORD[data[at]]:
            value = value * _GOLDEN + np.uint64(data[at])
            at += 1
        words[count] = mixed(value)
        count += 1
    if count == 0:
        return 0
    span = min(count, SPAN)
    for i in range(count - span + 1):
        # The length is part of the hash: a short text equals a whole text, not a part of one.
        value = np.uint64(span)
        for j in range(span):
            value = value * _GOLDEN + words[i + j]
        out[i] = mixed(value)
    return count - span + 1


@compiled
def run_table(data: U8, offsets: I64, longest: int) -> tuple[U64, I64]:
    """Every run of the benchmark rows and the first row that holds it, as an open table."""
    words = np.empty(longest + 1, dtype=np.uint64)
    runs = np.empty(longest + 1, dtype=np.uint64)
    total = 0
    for row in range(len(offsets) - 1):
        total += row_runs(data, offsets[row], offsets[row + 1], words, runs)
    size = 16
    while size < 2 * total:
        size *= 2
    table = np.zeros(size, dtype=np.uint64)
    first = np.full(size, -1, dtype=np.int64)
    mask = np.uint64(size - 1)
    for row in range(len(offsets) - 1):
        for i in range(row_runs(data, offsets[row], offsets[row + 1], words, runs)):
            slot = runs[i] & mask
            while first[slot] >= 0 and table[slot] != runs[i]:
                slot = (slot + _ONE) & mask
            if first[slot] < 0:
                table[slot] = runs[i]
                first[slot] = row
    return table, first


@compiled
def find_runs(data: U8, offsets: I64, longest: int, table: U64, first: I64) -> I64:
    """For each row the lowest benchmark row that shares a run with it, or -1; shape (rows,)."""
    words = np.empty(longest + 1, dtype=np.uint64)
    runs = np.empty(longest + 1, dtype=np.uint64)
    mask = np.uint64(len(table) - 1)
    answer = np.full(len(offsets) - 1, -1, dtype=np.int64)
    for row in range(len(offsets) - 1):
        for i in range(row_runs(data, offsets[row], offsets[row + 1], words, runs)):
            slot = runs[i] & mask
            while first[slot] >= 0 and table[slot] != runs[i]:
                slot = (slot + _ONE) & mask
            found = first[slot]
            if found >= 0 and (answer[row] < 0 or found < answer[row]):
                answer[row] = found
    return answer
