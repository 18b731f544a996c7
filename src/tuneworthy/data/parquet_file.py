"""Parquet, batch by batch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.columns import check_columns
from tuneworthy.data.lines import Hash
from tuneworthy.data.raw import RawRow

_BATCH = 1024
_BLOCK = 1 << 20


def parquet_rows(path: Path, source: Source, digest: Hash) -> Iterator[RawRow]:
    """Every row, numbered from 1. Raises DataProblem or ConfigProblem for a bad file."""
    _hash(path, digest)
    try:
        with pq.ParquetFile(path) as file:
            check_columns(path, file.schema_arrow.names, source)
            number = 0
            for batch in file.iter_batches(batch_size=_BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield RawRow(number, {name: _bare(value) for name, value in values.items()})
    except (pa.ArrowException, OSError, ValueError) as fault:
        raise DataProblem(
            "bad_parquet",
            f"{path} is not a whole Parquet file.",
            why=str(fault).splitlines()[0] if str(fault) else type(fault).__name__,
            fix="Copy or write the file again; it may have been cut short.",
        ) from fault


def _hash(path: Path, digest: Hash) -> None:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)


def _bare(value: Any) -> Any:
    """Without the nulls that Parquet adds to structs for fields that other rows have."""
    if isinstance(value, dict):
        return {name: _bare(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value
