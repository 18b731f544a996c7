"""Texts as normalised UTF-8 in one buffer, for the kernels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from tuneworthy.methods.neardup.kernel_rows import U8, Flags, fold, wide_rows
from tuneworthy.methods.neardup.text import I64, normalise


@dataclass(frozen=True)
class Rows:
    """Normalised rows: ``data[offsets[i]:offsets[i + 1]]`` is row ``i``; ``wide`` is not ASCII."""

    data: U8
    offsets: I64
    wide: Flags

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.offsets) - 1

    @property
    def longest(self) -> int:
        """Bytes of the longest row; 0 when there is none."""
        return int(np.diff(self.offsets).max(initial=0))


def rows_of(texts: Sequence[str] | Any, key: Callable[[str], str] = normalise) -> Rows:
    """The normalised rows of a list or an Arrow string array; a null reads as an empty text.

    Args:
        texts: A sequence of str, or a pyarrow (chunked, large) string array.
        key: How a text that is not ASCII is normalised; ASCII is folded by a kernel.
    """
    pieces = [_piece(*_buffers(part), key) for part in _parts(texts)]
    room = sum(
        len(replaced) + int(offsets[-1] - offsets[0]) for _, offsets, _, replaced, _ in pieces
    )
    # One byte more: a blank that ends a row is written before it is taken back.
    out = np.empty(room + 1, dtype=np.uint8)
    places = np.zeros(sum(len(piece[1]) - 1 for piece in pieces) + 1, dtype=np.int64)
    wide = np.zeros(len(places) - 1, dtype=bool)
    row = at = 0
    for piece in pieces:
        at = fold(out, places, row, at, *piece)
        _, offsets, spots, replaced, ends = piece
        wide[row + spots] = [replaced[a:b].max(initial=0) > 127 for a, b in pairwise(ends.tolist())]
        row += len(offsets) - 1
    return Rows(out[:at], places, wide)


_Piece = tuple[U8, I64, I64, U8, I64]


def _piece(data: U8, offsets: I64, key: Callable[[str], str]) -> _Piece:
    """A piece with its rows that are not ASCII (numbers, normalised bytes, ends)."""
    spots = np.flatnonzero(wide_rows(data, offsets))
    spare = [_key_bytes(data[offsets[i] : offsets[i + 1]], key) for i in spots.tolist()]
    ends = np.cumsum([0, *map(len, spare)], dtype=np.int64)
    return data, offsets, spots, np.frombuffer(b"".join(spare), dtype=np.uint8), ends


def _parts(texts: Sequence[str] | Any) -> list[Any]:
    """Arrow arrays without nulls."""
    if isinstance(texts, pa.ChunkedArray):
        parts = texts.chunks
    elif isinstance(texts, pa.Array):
        parts = [texts]
    else:
        try:
            parts = [pa.array(texts, pa.large_string())]
        except UnicodeEncodeError:  # lone surrogates
            raw = [text.encode("utf-8", "surrogatepass") for text in texts]
            parts = [pa.array(raw, pa.large_binary())]
    return [part.fill_null("") if part.null_count else part for part in parts]


def _key_bytes(raw: U8, key: Callable[[str], str]) -> bytes:
    return key(raw.tobytes().decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")


def _buffers(texts: Any) -> tuple[U8, I64]:
    """Bytes and int64 offsets (shape rows + 1) of an array as they are."""
    small = pa.types.is_string(texts.type) or pa.types.is_binary(texts.type)
    _, offsets, data = texts.buffers()
    span = slice(texts.offset, texts.offset + len(texts) + 1)
    if offsets is None or offsets.size == 0:
        places: I64 = np.zeros(1, dtype=np.int64)
    else:
        places = np.frombuffer(offsets, dtype=np.int32 if small else np.int64)[span]  # type: ignore[assignment]
    content = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)
    return content, places.astype(np.int64)
