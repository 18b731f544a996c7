"""Kernels of the exact join: which corpus row is most similar to each query row.

A set that shares ``t n`` of its ``n`` shingles with another must share ``k`` of its
``n - ceil(t n) + k`` rarest ones (Chaudhuri, Ganti, Kaushik 2006; with k > 1 Wang, Li, Feng 2012),
whatever total order "rare" means. Here it means a class of frequency, so that a prefix is found
by counting, not sorting; all of a class is taken, and a longer prefix stays complete.
"""

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.neardup.compiled import compiled
from tuneworthy.methods.neardup.kernel_hash import row_hashes
from tuneworthy.methods.neardup.kernel_pairs import fill, room, similarity
from tuneworthy.methods.neardup.kernel_rows import U8, Flags
from tuneworthy.methods.neardup.sets import EPSILON
from tuneworthy.methods.neardup.text import I64, SHINGLE, U64

K = 4
"""Rare shingles that must be shared before a pair is compared."""
CLASS_BITS = 20
CLASSES = 64

_CLASS_MASK = np.uint64((1 << CLASS_BITS) - 1)
_EMPTY = np.uint64(2**64 - 1)
_SHIFT = np.uint64(20)

I32 = NDArray[np.int32]


@compiled
def distinct_hashes(
    data: U8, low: int, high: int, wide: bool, codes: U64, hashes: U64, table: U64
) -> int:
    """The distinct shingle hashes of a row, in ``hashes``; how many."""
    count = row_hashes(data, low, high, wide, codes, hashes)
    size = room(count)
    table[:size] = _EMPTY
    mask, kept = np.uint64(size - 1), 0
    for i in range(count):
        value = hashes[i]
        slot = value & mask
        while table[slot] != _EMPTY and table[slot] != value:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == _EMPTY:
            table[slot] = value
            hashes[kept] = value
            kept += 1
    return kept


@compiled
def set_names(data: U8, offsets: I64, wide: Flags, longest: int, often: I64) -> tuple[U64, I32]:
    """A name of each row's set (equal sets, equal names) and its size; counts shingles too."""
    count = len(offsets) - 1
    names = np.empty(count, dtype=np.uint64)
    sizes = np.empty(count, dtype=np.int32)
    codes = np.empty(longest + SHINGLE, dtype=np.uint64)
    hashes = np.empty(longest + SHINGLE, dtype=np.uint64)
    table = np.empty(room(longest + SHINGLE), dtype=np.uint64)
    for row in range(count):
        size = distinct_hashes(
            data, offsets[row], offsets[row + 1], wide[row], codes, hashes, table
        )
        name = np.uint64(0)
        for i in range(size):
            name += hashes[i] * (hashes[i] | np.uint64(1))
            often[hashes[i] & _CLASS_MASK] += 1
        names[row] = name
        sizes[row] = size
    return names, sizes


@compiled
def prefix(hashes: U64, count: int, classes: U8, least: float, starts: I64) -> int:
    """Move the rare shingles of a row to the front of ``hashes``; how many are its prefix.

    ``starts[c]`` becomes the number of shingles that are in a rarer class than ``c``.
    """
    wanted = min(count, count - int(np.ceil(least * count)) + K)
    starts[:] = 0
    for i in range(count):
        starts[classes[hashes[i] & _CLASS_MASK] + 1] += 1
    last = 0
    while starts[last] < wanted:
        last += 1
        starts[last] += starts[last - 1]
    kept = 0
    for i in range(count):
        if classes[hashes[i] & _CLASS_MASK] < last:
            hashes[kept], hashes[i] = hashes[i], hashes[kept]
            kept += 1
    return kept


@compiled
def reach(size: int, place: int, least: float) -> int:
    """The largest other set that can still share its K-th rarest shingle at this place or later.

    Sets of sizes a and b at Jaccard t share t (a + b) / (1 + t) shingles; all of these but the
    first K - 1 must stand at or after ``place`` (positional filter: Xiao, Wang, Lin, Yu 2008).
    """
    return int((size - place + K - 1) * (1 + least) / least - size + 1e-6)


@compiled
def postings(
    data: U8, offsets: I64, wide: Flags, rows: I64, longest: int,
    classes: U8, least: float, bits: int,
) -> tuple[I64, I32, I32]:  # fmt: skip
    """Lists of places in ``rows`` by a slot of each shingle of their prefix, ascending.

    Gives where each slot's list starts, the lists, and the largest query each entry is for.
    """
    codes = np.empty(longest + SHINGLE, dtype=np.uint64)
    hashes = np.empty(longest + SHINGLE, dtype=np.uint64)
    table = np.empty(room(longest + SHINGLE), dtype=np.uint64)
    starts = np.zeros(CLASSES + 1, dtype=np.int64)
    mask = np.uint64((1 << bits) - 1)
    heads = np.zeros((1 << bits) + 1, dtype=np.int64)
    lists = np.empty(0, dtype=np.int32)
    reaches = np.empty(0, dtype=np.int32)
    for filling in range(2):
        for place in range(len(rows) - 1, -1, -1):
            row = rows[place]
            low, high = offsets[row], offsets[row + 1]
            n = distinct_hashes(data, low, high, wide[row], codes, hashes, table)
            for i in range(prefix(hashes, n, classes, least, starts)):
                slot = np.int64((hashes[i] >> _SHIFT) & mask)
                if filling:
                    heads[slot] -= 1
                    lists[heads[slot]] = place
                    begin = starts[classes[hashes[i] & _CLASS_MASK]]
                    reaches[heads[slot]] = reach(n, begin, least)
                else:
                    heads[slot] += 1
        if not filling:
            # Ends of the lists; filling from the back turns them into starts.
            for i in range(1, len(heads)):
                heads[i] += heads[i - 1]
            lists = np.empty(heads[len(heads) - 1], dtype=np.int32)
            reaches = np.empty(heads[len(heads) - 1], dtype=np.int32)
    return heads, lists, reaches


@compiled
def vote(
    hashes: U64, n: int, rare: int, starts: I64, sizes: I32, heads: I64, lists: I32, reaches: I32,
    classes: U8, least: float, votes: I32, touched: I32,
) -> int:  # fmt: skip
    """Count in ``votes`` the rare shingles shared with each place; how many were ``touched``."""
    mask = np.uint64(len(heads) - 2)
    first = np.searchsorted(sizes, np.int32(np.ceil(least * n)))
    ends = np.full(len(starts), -1, dtype=np.int64)
    known = 0
    for i in range(rare):
        rank = classes[hashes[i] & _CLASS_MASK]
        if ends[rank] < 0:
            most = min(int(n / least), reach(n, starts[rank], least))
            ends[rank] = np.searchsorted(sizes, np.int32(most + 1))
        slot = np.int64((hashes[i] >> _SHIFT) & mask)
        low, high = heads[slot], heads[slot + 1]
        low += np.searchsorted(lists[low:high], np.int32(first))
        for j in range(low, high):
            place = lists[j]
            if place >= ends[rank]:
                break
            if n > reaches[j]:
                continue
            if votes[place] == 0:
                touched[known] = place
                known += 1
            votes[place] += 1
    return known


@compiled
def join(
    data: U8, offsets: I64, wide: Flags, queries: I64, longest: int,
    other: U8, other_offsets: I64, other_wide: Flags, rows: I64, sizes: I32,
    heads: I64, lists: I32, reaches: I32, classes: U8, threshold: float,
) -> I64:  # fmt: skip
    """For each of the query rows the most similar row of the other side, or -1.

    ``rows`` are those of the other side, all of different sets, in the order of their ``sizes``;
    ``heads``, ``lists`` and ``reaches`` are their ``postings``.
    """
    codes = np.empty(longest + SHINGLE, dtype=np.uint64)
    hashes = np.empty(longest + SHINGLE, dtype=np.uint64)
    theirs = np.empty(longest + SHINGLE, dtype=np.uint64)
    table = np.empty(room(longest + SHINGLE), dtype=np.uint64)
    hit = np.zeros(len(table), dtype=np.int64)
    missed = np.empty(len(table), dtype=np.uint64)
    missed_at = np.zeros(len(table), dtype=np.int64)
    starts = np.zeros(CLASSES + 1, dtype=np.int64)
    votes = np.zeros(len(rows), dtype=np.int32)
    touched = np.empty(len(rows), dtype=np.int32)
    answer = np.full(len(queries), -1, dtype=np.int64)
    least = threshold - 2 * EPSILON
    stamp = 0
    for turn in range(len(queries)):
        at = queries[turn]
        n = distinct_hashes(data, offsets[at], offsets[at + 1], wide[at], codes, hashes, table)
        rare = prefix(hashes, n, classes, least, starts)
        known = vote(
            hashes, n, rare, starts, sizes, heads, lists, reaches, classes, least, votes, touched
        )
        last, mine, best, found = -1, 0, threshold, -1
        for i in range(known):
            place = touched[i]
            seen, row = votes[place], rows[place]
            votes[place] = 0
            if seen < min(K, int(np.ceil(least * (n + sizes[place]) / (1 + least)))):
                continue
            if last < 0:
                last, mine = fill(hashes, n, table)
            stamp += 1
            low, high = other_offsets[row], other_offsets[row + 1]
            m = row_hashes(other, low, high, other_wide[row], codes, theirs)
            score = similarity(table, hit, last, mine, theirs, m, missed, missed_at, stamp, best)
            if score < threshold - EPSILON:
                continue
            if found < 0 or score > best or (score == best and row < found):
                best, found = score, row
        answer[turn] = found
    return answer
