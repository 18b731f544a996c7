"""Parquet, batch by batch.

Where a column's dictionary could stand for far more bytes than the file has, it is kept as a
dictionary (see ``arrow_rows``).
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.arrow_rows import arrow_rows, longest_values, value_sizes
from tuneworthy.data.columns import check_columns
from tuneworthy.data.opened import Allowance, Hash, opened
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits

_BATCH = 1024
_SAFE = 64 << 20
"""A batch of so many bytes may be made without a thought."""
_LONG = 1 << 18
_REPEATED = 4 << 20
"""The same for values that repeat the start of the one before; these are held twice."""
_PACKED = 1 << 28
"""A column chunk that unpacks to more than this, and to over 200 times its size, is refused."""
_RATIO = 200
_VALUES_A_ROW = 100_000
_LIMITS = Limits()


def parquet_rows(
    path: Path, source: Source, digest: Hash, limits: Limits = _LIMITS
) -> Iterator[RawRow]:
    """Every row, numbered from 1. Raises DataProblem or ConfigProblem for a bad file."""
    with opened(path, digest):
        pass  # Reads it through, for the digest, and refuses what is no plain file.
    try:
        with pq.ParquetFile(path) as file:
            check_columns(path, file.schema_arrow.names, source)
            packed, rows = _plan(path, file)
        with pq.ParquetFile(path, read_dictionary=packed) as file:
            batches = file.iter_batches(batch_size=rows)
            yield from arrow_rows(batches, longest_values(limits), Allowance(path))
    except (pa.ArrowException, OSError, ValueError, MemoryError) as fault:
        raise DataProblem(
            "bad_parquet",
            f"{path} is not a whole Parquet file.",
            why=str(fault).splitlines()[0] if str(fault) else type(fault).__name__,
            fix="Copy or write the file again; it may have been cut short.",
        ) from fault


def _plan(path: Path, file: pq.ParquetFile) -> tuple[list[str], int]:
    """The columns to keep as dictionaries, and how many rows to read at once."""
    meta = file.metadata
    packed: set[str] = set()
    rows = _BATCH
    for group in range(meta.num_row_groups):
        described = meta.row_group(group)
        for at in range(described.num_columns):
            chunk = described.column(at)
            _check_chunk(path, chunk, described.num_rows)
            # No value is longer than all of them unpacked, each written once.
            worst = chunk.total_uncompressed_size * chunk.num_values
            if worst <= _SAFE or chunk.physical_type != "BYTE_ARRAY":
                continue
            if any("DICTIONARY" in encoding for encoding in chunk.encodings):
                longest = _longest_named(path, group, chunk.path_in_schema)
                if file.schema.column(at).max_repetition_level or longest > _LONG:
                    if longest * chunk.num_values > _SAFE:
                        packed.add(chunk.path_in_schema)
                else:
                    rows = min(rows, max(1, _SAFE // max(longest, 1)))
            if "DELTA_BYTE_ARRAY" in chunk.encodings:
                # Each value may repeat the start of the one before.
                rows = min(rows, max(1, _REPEATED // chunk.total_uncompressed_size))
    return sorted(packed), rows


def _longest_named(path: Path, group: int, column: str) -> int:
    """Bytes of the longest value in a column chunk's dictionary, which its first row brings along.

    Values that are not in the dictionary stand in the file one by one, and cannot swell.
    """
    with pq.ParquetFile(path, read_dictionary=[column]) as file:
        array = next(file.iter_batches(1, row_groups=[group], columns=[column])).column(0)
    while not pa.types.is_dictionary(array.type):
        array = array.field(0) if pa.types.is_struct(array.type) else array.values
    return int(value_sizes(array.dictionary).max(initial=0))


def _check_chunk(path: Path, chunk: pq.ColumnChunkMetaData, rows: int) -> None:
    unpacked, packed = chunk.total_uncompressed_size, max(chunk.total_compressed_size, 1)
    swells = unpacked > _PACKED and unpacked > packed * _RATIO
    if swells or chunk.num_values > max(rows, 1) * _VALUES_A_ROW:
        said = f"unpacks to {unpacked >> 20:,} MB and {chunk.num_values:,} values"
        raise DataProblem(
            "swells",
            f"{path}: {rows:,} rows of the column '{chunk.path_in_schema[:60]}' {said}.",
            why="Data for training does not pack that well; a file that does is made to harm.",
            fix="Write the file again from its source.",
        )
