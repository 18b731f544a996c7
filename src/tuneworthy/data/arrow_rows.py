"""Arrow batches as raw rows. How large a row is is known before it becomes Python values.

A few bytes on disk can stand for gigabytes: a dictionary whose one long text is named by every row.
So dictionaries are kept as such, each row is measured on its offsets, rows over the limit are
never made, and the others are made a few megabytes at a time. Their sum is held against the
file's size on disk.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from tuneworthy.data.opened import Allowance
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits

_AT_ONCE = 8 << 20
_BYTES_PER_CHARACTER = 4
_SLACK = 1 << 16
"""For the fields of a row that are not its turns."""
Sizes = NDArray[np.int64]


def arrow_rows(
    batches: Iterable[pa.RecordBatch], longest: int, allowed: Allowance
) -> Iterator[RawRow]:
    """Every row, numbered from 1; one over ``longest`` bytes is a row with a fault.

    Raises:
        pa.ArrowException: Values of a kind that is not read.
        DataProblem: The rows together hold more than is ``allowed``.
    """
    index = 0
    for batch in batches:
        sizes = np.zeros(batch.num_rows, dtype=np.int64)
        for column in batch.columns:
            sizes += value_sizes(column)
        for first, last in _portions(sizes, longest):
            if sizes[first] > longest:
                reason = f"the row holds {sizes[first]:,} bytes; the limit is {longest:,}"
                at = index + first
                yield RawRow(at + 1, None, "too_long", reason, at)
                continue
            for at, row in enumerate(_values(batch, first, last), first):
                allowed.take(int(sizes[at]), f"row {index + at + 1:,}")
                yield row._replace(number=index + at + 1, index=index + at, size=int(sizes[at]))
        index += batch.num_rows


def longest_values(limits: Limits) -> int:
    """How many bytes a row's values may take."""
    return limits.characters * _BYTES_PER_CHARACTER + _SLACK


def value_sizes(array: pa.Array) -> Sizes:
    """Bytes that each value takes once it is spelled out; a rough count, never far too low."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        inner = value_sizes(array.dictionary)
        if not len(inner):
            return np.zeros(len(array), dtype=np.int64)
        indices = array.indices
        signed = "i" if pa.types.is_signed_integer(indices.type) else "u"
        places = _numbers(indices, 1, f"{signed}{indices.type.bit_width // 8}")
        return inner[np.clip(places, 0, len(inner) - 1)]  # What stands for a null may be anything.
    if pa.types.is_struct(kind):
        parts = [value_sizes(array.field(at)) for at in range(kind.num_fields)]
        return sum(parts, np.full(len(array), 16, dtype=np.int64))
    if _is_list(kind):
        return _list_sizes(array)
    if _is_text(kind):
        wide = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
        return np.diff(_numbers(array, 1, "i8" if wide else "i4", more=1)) + 8
    if pa.types.is_primitive(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind):
        return np.full(len(array), 16, dtype=np.int64)
    raise pa.ArrowNotImplementedError(f"columns of the type {kind} are not read")


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    return any(test(kind) for test in (*tests, pa.types.is_large_binary))


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_map)
    return any(test(kind) for test in tests)


def _list_sizes(array: pa.Array) -> Sizes:
    wide = pa.types.is_large_list(array.type)
    offsets = _numbers(array, 1, "i8" if wide else "i4", more=1)
    first, last = int(offsets[0]), int(offsets[-1])
    values = array.keys if pa.types.is_map(array.type) else array.values
    sizes = value_sizes(values.slice(first, last - first))
    if pa.types.is_map(array.type):
        sizes = sizes + value_sizes(array.items.slice(first, last - first))
    ends = np.concatenate([[0], np.cumsum(sizes)])
    found: Sizes = ends[offsets[1:] - first] - ends[offsets[:-1] - first] + 16
    return found


def _numbers(array: pa.Array, buffer: int, kind: str, more: int = 0) -> Sizes:
    """A buffer's numbers, and ``more`` than the array has values; ``to_numpy`` may load pandas."""
    data = array.buffers()[buffer]
    if data is None or not data.size:
        return np.zeros(len(array) + more, dtype=np.int64)
    every = np.frombuffer(data, dtype=kind, count=array.offset + len(array) + more)
    return every[array.offset :].astype(np.int64)


def _portions(sizes: Sizes, longest: int) -> Iterator[tuple[int, int]]:
    """Runs of rows that are made at once; a row that is too long stands alone."""
    first, held = 0, 0
    for at, size in enumerate(sizes.tolist()):
        if at > first and (held + size > _AT_ONCE or size > longest or held > longest):
            yield first, at
            first, held = at, 0
        held += size
    if first < len(sizes):
        yield first, len(sizes)


def _values(batch: pa.RecordBatch, first: int, last: int) -> list[RawRow]:
    """Rows ``first`` to ``last``, yet without their numbers."""
    maps = any(_has_map(field.type) for field in batch.schema)
    part = batch.slice(first, last - first)
    if not maps:
        return [_row(row) for row in part.to_pylist()]
    try:
        return [_row(row) for row in part.to_pylist(maps_as_pydicts="strict")]
    except KeyError:
        if last - first > 1:
            return [row for at in range(first, last) for row in _values(batch, at, at + 1)]
        return [RawRow(0, None, "duplicate_key", "a map names a key twice")]


def _row(values: dict[str, Any]) -> RawRow:
    return RawRow(0, {name: _bare(value) for name, value in values.items()})


def _has_map(kind: pa.DataType) -> bool:
    inner = [kind.field(at).type for at in range(kind.num_fields)]
    return bool(pa.types.is_map(kind)) or any(map(_has_map, inner))


def _bare(value: Any) -> Any:
    """Without the nulls that columns add to structs for fields that other rows have."""
    if isinstance(value, dict):
        return {name: _bare(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value
