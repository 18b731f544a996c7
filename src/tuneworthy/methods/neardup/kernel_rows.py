"""Kernels that normalise ASCII rows and copy the others, normalised before, into one buffer."""

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.neardup.compiled import compiled
from tuneworthy.methods.neardup.text import I64

U8 = NDArray[np.uint8]
Flags = NDArray[np.bool_]

_SPACE = 32
_FOLDED = np.array(
    [_SPACE if chr(i).isspace() else ord(chr(i).lower()) for i in range(128)] + [0] * 128,
    dtype=np.uint8,
)


@compiled
def wide_rows(data: U8, offsets: I64) -> Flags:
    """Which rows hold a byte outside ASCII, shape (rows,)."""
    wide = np.zeros(len(offsets) - 1, dtype=np.bool_)
    for row in range(len(wide)):
        seen = np.uint8(0)
        for i in range(offsets[row], offsets[row + 1]):
            seen |= data[i]
        wide[row] = seen >= 128
    return wide


@compiled
def fold(
    out: U8, places: I64, row: int, at: int,
    data: U8, offsets: I64, spots: I64, replaced: U8, ends: I64,
) -> int:  # fmt: skip
    """Append the normalised rows of one piece to ``out`` and their ends to ``places``.

    Args:
        out: Room for the bytes of all pieces.
        places: Where each row of ``out`` starts, and the end of the last.
        row: Rows in ``out`` before.
        at: Bytes in ``out`` before; the answer is how many are there after.
        data: Bytes of the rows as they came.
        offsets: Where each of them starts, and the end of the last.
        spots: Rows that are not ASCII, ascending.
        replaced: Their normalised bytes, one after the other.
        ends: Where each of those starts, and the end of the last.
    """
    spot = 0
    for i in range(len(offsets) - 1):
        start = at
        if spot < len(spots) and spots[spot] == i:
            for j in range(ends[spot], ends[spot + 1]):
                out[at] = replaced[j]
                at += 1
            spot += 1
        else:
            blank = True
            for j in range(offsets[i], offsets[i + 1]):
                byte = _FOLDED[data[j]]
                space = byte == _SPACE
                out[at] = byte
                at += not (space and blank)
                blank = space
            if at > start and blank:
                at -= 1
        places[row + i + 1] = at
    return at
