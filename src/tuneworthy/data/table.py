"""Rows of any number as Arrow columns: what the checks, the cleaning and the split look at.

A row's record is its Example as canonical JSON; beside it stand the few texts and keys that rows
are compared by, so that no later step has to read the record again.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from tuneworthy.core.nouns.example import Example

SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("line", pa.int64()),
        ("source", pa.string()),
        ("fault", pa.string()),
        ("reason", pa.string()),
        ("id", pa.string()),
        ("record", pa.large_binary()),
        ("request", pa.large_string()),
        ("target", pa.large_string()),
        ("content_key", pa.binary(16)),
        ("row_key", pa.binary(16)),
        ("prompt_key", pa.binary(16)),
        ("frame_key", pa.binary(16)),
        ("likeness", pa.binary(16)),
        ("characters", pa.int32()),
        ("shape", pa.string()),
        ("segment", pa.string()),
        ("group", pa.string()),
        ("subject", pa.string()),
        ("timestamp", pa.string()),
        ("annotators", pa.string()),
        ("split", pa.string()),
        ("licence", pa.bool_()),
        ("legal_basis", pa.bool_()),
        ("codes", pa.list_(pa.string())),
        ("found", pa.large_binary()),
    ]
)
"""``row`` counts a file's records from 0, ``line`` is where a record starts, from 1. ``fault`` and
``reason`` are set, and all after them empty, where a record cannot be used. ``annotators`` are
joined by a comma. Keys are equal for rows that say the same: to the letter (``content_key``); but
for case and white space (``row_key``); in all but the target (``prompt_key``); in system turns and
tools (``frame_key``); in what near-duplicates must have in common (``likeness``). ``codes`` names
the row checks that the row fails, ``found`` holds the personal data and secrets in it as JSON; of a
row with a fault it is a list, if an empty one, where the row could be searched, and null where it
could not."""

Rows = NDArray[np.int64]
_AT_ONCE = 16_384
"""Records that are copied at a time on their way into a file."""


class Found(NamedTuple):
    """Personal data or a secret in a row. ``code`` is ``pii_<kind>`` or ``secret_<kind>``."""

    code: str
    path: str
    start: int
    end: int
    high: bool


class Table:
    """Rows as columns. Positions count from 0 over all sources, in the order read."""

    def __init__(self, columns: pa.Table) -> None:
        self.columns = columns

    @classmethod
    def join(cls, tables: Sequence["Table"]) -> "Table":
        """The rows of several tables, one after the other."""
        return cls(pa.concat_tables([table.columns for table in tables]))

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> "Table":
        """The rows of batches in SCHEMA."""
        return cls(pa.Table.from_batches(list(batches), SCHEMA))

    def __len__(self) -> int:
        return int(self.columns.num_rows)

    def take(self, rows: Sequence[int] | Rows) -> "Table":
        """These rows, in this order."""
        return Table(self.columns.take(pa.array(rows, pa.int64())))

    @cached_property
    def slim(self) -> "Table":
        """The same rows without their records: what most steps look at, at half the memory."""
        return Table(self.columns.drop_columns(["record"]))

    def lines(self, rows: Rows) -> bytes:
        """The records of these rows, one canonical JSON object a line."""
        records = self.columns.column("record")
        end, nothing = (pa.scalar(text, pa.large_binary()) for text in (b"\n", b""))
        written = BytesIO()
        for first in range(0, len(rows), _AT_ONCE):
            some = records.take(pa.array(rows[first : first + _AT_ONCE], pa.int64()))
            # Arrow keeps the bytes of a piece one after the other: no row becomes an object here.
            for piece in pc.binary_join_element_wise(some, end, nothing).chunks:
                written.write(_content(piece))
        return written.getvalue()

    def values(self, name: str) -> list[Any]:
        """One column as Python values."""
        values: list[Any] = self.columns.column(name).to_pylist()
        return values

    def array(self, name: str) -> NDArray[Any]:
        """One column without nulls as numpy values."""
        values: NDArray[Any] = self.columns.column(name).to_numpy()
        return values

    def codes(self, name: str) -> Rows:
        """A number for each value of a column: equal values have equal numbers."""
        encoded = self.columns.column(name).combine_chunks().dictionary_encode("encode")
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        numbers: Rows = np.asarray(encoded.indices).astype(np.int64)
        return numbers

    @cached_property
    def good(self) -> Rows:
        """The rows that could be used."""
        return np.flatnonzero(self.columns.column("fault").is_null().to_numpy())

    def in_order(self, rows: Rows) -> Rows:
        """These rows by source, line and id, whatever the order the sources were read in."""
        keys = self.columns.select(["source", "line", "id"]).take(rows)
        by = [(name, "ascending") for name in keys.column_names]
        ordered: Rows = rows[pc.sort_indices(keys, sort_keys=by).to_numpy()]
        return ordered

    def text(self, name: str, rows: Sequence[int] | Rows | None = None) -> pa.ChunkedArray:
        """A text column of these rows as it lies in memory; of all rows when None."""
        column = self.columns.column(name)
        return column if rows is None else column.take(pa.array(rows, pa.int64()))

    @cached_property
    def requests(self) -> list[str]:
        """What is asked in each row; empty for a row with a fault."""
        return [text or "" for text in self.values("request")]

    def request(self, at: int) -> str:
        """What is asked in one row, without a list of all."""
        return self.columns.column("request")[at].as_py() or ""

    @cached_property
    def targets(self) -> list[str]:
        """What is to be learned from each row; empty for a row with a fault."""
        return [text or "" for text in self.values("target")]

    @cached_property
    def places(self) -> "Places":
        """``source:line`` of each row."""
        return Places(self.columns)

    def examples(self, rows: Iterable[int] | None = None) -> Iterator[Example]:
        """The rows as examples, read from their records one at a time."""
        records = self.columns.column("record")
        for at in range(len(self)) if rows is None else rows:
            data = records[int(at)].as_py()
            if data is not None:
                yield Example.model_validate_json(data)

    def found(self, at: int) -> list[Found]:
        """The personal data and secrets in one row."""
        data = self.columns.column("found")[at].as_py()
        return _FOUND.decode(data) if data else []

    @cached_property
    def with_findings(self) -> Rows:
        """The rows in which personal data or a secret was found."""
        return np.flatnonzero(self.columns.column("found").is_valid().to_numpy())

    @cached_property
    def unsearched(self) -> Rows:
        """The rows that could not be searched for personal data and secrets."""
        faults, found = (self.columns.column(name) for name in ("fault", "found"))
        return np.flatnonzero(faults.is_valid().to_numpy() & found.is_null().to_numpy())

    def failing(self, code: str) -> Rows:
        """The rows that fail one of the row checks."""
        return self._failing.get(code, np.zeros(0, dtype=np.int64))

    @cached_property
    def _failing(self) -> dict[str, Rows]:
        rows: dict[str, list[int]] = {}
        some = np.flatnonzero(self.columns.column("codes").is_valid().to_numpy())
        for at, codes in zip(some.tolist(), self.take(some).values("codes"), strict=True):
            for code in codes:
                rows.setdefault(code, []).append(at)
        return {code: np.array(found, dtype=np.int64) for code, found in rows.items()}


def _content(texts: Any) -> memoryview:
    """All bytes of a large binary array without nulls."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return memoryview(b"")
    ends = np.frombuffer(offsets, dtype=np.int64)
    return memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]]


class Places:
    """Where rows stand, made on demand."""

    def __init__(self, columns: pa.Table) -> None:
        self._columns = columns

    def __getitem__(self, at: int) -> str:
        source, line = (self._columns.column(name)[at].as_py() for name in ("source", "line"))
        return f"{source}:{line}"


_FOUND = msgspec.json.Decoder(list[Found])
