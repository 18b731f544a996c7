"""Kernels: exact Jaccard similarity of two rows, and the walk over candidates that uses it."""

import numpy as np

from tuneworthy.methods.neardup.candidates import I8, I32, VOTES
from tuneworthy.methods.neardup.compiled import compiled
from tuneworthy.methods.neardup.kernel_hash import row_hashes
from tuneworthy.methods.neardup.kernel_rows import U8, Flags
from tuneworthy.methods.neardup.sets import EPSILON
from tuneworthy.methods.neardup.text import I64, SHINGLE, U64

_EMPTY = np.uint64(2**64 - 1)


@compiled
def room(count: int) -> int:
    """Slots of a table for so many numbers: a power of two, at most half full."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@compiled
def fill(hashes: U64, count: int, table: U64) -> tuple[int, int]:
    """Put a row's hashes into an open-addressed table; its mask, and how many are distinct."""
    size = room(count)
    table[:size] = _EMPTY
    mask, distinct = np.uint64(size - 1), 0
    for i in range(count):
        slot = hashes[i] & mask
        while table[slot] != _EMPTY and table[slot] != hashes[i]:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == _EMPTY:
            table[slot] = hashes[i]
            distinct += 1
    return size - 1, distinct


@compiled
def similarity(
    table: U64, hit: I64, last: int, mine: int, hashes: U64, count: int,
    missed: U64, missed_at: I64, stamp: int, least: float,
) -> float:  # fmt: skip
    """Jaccard similarity of the row in ``table`` to the row of ``hashes``; -1 when below ``least``.

    ``stamp`` is new at every call: ``hit`` and ``missed_at`` say in which call a slot was used.
    """
    mask = np.uint64(last)
    most = count if least < 0.1 else min(count, int(mine / (least - EPSILON)) - mine + 1)
    room_mask = np.uint64(room(most + 1) - 1)
    shared, alone = 0, 0
    for i in range(count):
        value = hashes[i]
        slot = value & mask
        while table[slot] != _EMPTY and table[slot] != value:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == value:
            if hit[slot] != stamp:
                hit[slot] = stamp
                shared += 1
            continue
        slot = value & room_mask
        while missed_at[slot] == stamp and missed[slot] != value:
            slot = (slot + np.uint64(1)) & room_mask
        if missed_at[slot] != stamp:
            missed_at[slot] = stamp
            missed[slot] = value
            alone += 1
            # What is left to read cannot bring it back to the threshold.
            if min(mine, shared + count - 1 - i) < (least - EPSILON) * (mine + alone):
                return -1.0
    return shared / (mine + alone)


@compiled
def same_bytes(data: U8, a: int, b: int, size: int) -> bool:
    """Whether two spans of the buffer are equal."""
    i = 0
    while i < size and data[a + i] == data[b + i]:
        i += 1
    return i == size


@compiled
def gather(
    at: int, order: I32, start: I32, stop: I32, counts: I8, labels: I64,
    owner: I64, votes: I64, found: I32,
) -> int:  # fmt: skip
    """Rows not owned yet that share enough buckets with row ``at``, into ``found``; how many.

    ``votes`` holds, per row, the row that asked last (high bits) and the buckets shared (low 8).
    Owned rows are taken out of the buckets on the way.
    """
    known = 0
    for band in range(len(order)):
        head = start[band, at]
        if head < 0:
            continue
        keep, count = head, np.int64(counts[band, head])
        for place in range(head, stop[band, head]):
            row = order[band, place]
            if owner[row] >= 0:
                continue
            order[band, keep] = row
            keep += 1
            vote = votes[row] if votes[row] >> 8 == at else at << 8
            votes[row] = vote + count
            if vote & 255 < VOTES <= (vote & 255) + count and labels[row] == labels[at]:
                found[known] = row
                known += 1
        stop[band, head] = keep
    return known


@compiled
def spread(
    data: U8, offsets: I64, wide: Flags, longest: int,
    order: I32, start: I32, stop: I32, counts: I8, labels: I64, threshold: float, chained: bool,
) -> tuple[I64, int]:  # fmt: skip
    """The owner of each row: the lowest row that reaches it, directly or (chained) by a chain.

    Gives the pairs compared too.

    Rows are taken in order. Each one not yet owned owns itself, and all rows not yet owned that
    share enough buckets with it and are verified to be similar.
    """
    count = len(offsets) - 1
    owner = np.full(count, -1, dtype=np.int64)
    votes = np.full(count, -1, dtype=np.int64)
    found = np.empty(count, dtype=np.int32)
    queue = np.empty(count if chained else 1, dtype=np.int32)
    codes = np.empty(longest + SHINGLE, dtype=np.uint64)
    hashes = np.empty(longest + SHINGLE, dtype=np.uint64)
    table = np.empty(room(longest + SHINGLE), dtype=np.uint64)
    hit = np.zeros(len(table), dtype=np.int64)
    missed = np.empty(len(table), dtype=np.uint64)
    missed_at = np.zeros(len(table), dtype=np.int64)
    stamp = compared = 0
    for first in range(count):
        if owner[first] >= 0:
            continue
        owner[first] = first
        queue[0] = first
        done, known = 0, 1
        while done < known:
            at = int(queue[done])
            done += 1
            low, size, last, mine = offsets[at], offsets[at + 1] - offsets[at], -1, 0
            mates = gather(at, order, start, stop, counts, labels, owner, votes, found)
            compared += mates
            for i in range(mates):
                row = found[i]
                a, b = offsets[row], offsets[row + 1]
                near = b - a == size and same_bytes(data, low, a, size)
                if not near:
                    if last < 0:
                        n = row_hashes(data, low, low + size, wide[at], codes, hashes)
                        last, mine = fill(hashes, n, table)
                    stamp += 1
                    n = row_hashes(data, a, b, wide[row], codes, hashes)
                    score = similarity(
                        table, hit, last, mine, hashes, n, missed, missed_at, stamp, threshold
                    )
                    near = score >= threshold - EPSILON
                if near:
                    owner[row] = first
                    if chained:
                        queue[known] = row
                        known += 1
    return owner, compared
