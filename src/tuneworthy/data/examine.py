"""From raw rows to columns: the one step that looks at every row by itself.

It knows nothing of other rows, so that batches may be examined anywhere and in any order.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.checks.rows import ROW_CHECKS
from tuneworthy.data.keys import (
    content_key,
    frame_key,
    likeness_key,
    prompt_key,
    prompt_text,
    row_key,
    target_shape,
)
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits, read_row
from tuneworthy.data.scan import every_text, scan_all, scan_texts
from tuneworthy.data.table import SCHEMA, Found, Table
from tuneworthy.data.values import RowError
from tuneworthy.methods.canonical import canonical


class Seen(NamedTuple):
    """How many rows had each shape, which fields stood there, and which were used."""

    shapes: dict[str, int]
    fields: frozenset[str]
    used: frozenset[str]

    @property
    def told(self) -> str:
        """The rows of each shape, as text."""
        return ", ".join(f"{count} as {shape}" for shape, count in sorted(self.shapes.items()))

    @classmethod
    def join(cls, parts: Sequence["Seen"]) -> "Seen":
        """What all batches looked like."""
        shapes: Counter[str] = Counter()
        for part in parts:
            shapes.update(part.shapes)
        fields = frozenset().union(*(part.fields for part in parts))
        return cls(dict(shapes), fields, frozenset().union(*(part.used for part in parts)))


NOTHING_SEEN = Seen({}, frozenset(), frozenset())


def examine(
    batch: tuple[int, Sequence[RawRow]], *, source: Source, limits: Limits
) -> tuple[pa.RecordBatch, Seen]:
    """Read and check rows one by one.

    Args:
        batch: The position of the first row in its file, from 0; and rows of one file, in order.
        source: How the project names the file, and its columns.
        limits: How large a row may be.

    Returns:
        One row in ``SCHEMA`` for each raw row, and what they looked like.
    """
    first, rows = batch
    cells: list[dict[str, Any]] = []
    read: list[tuple[int, Example]] = []
    odd: list[tuple[int, dict[str, Any]]] = []
    shapes: dict[str, int] = {}
    fields: set[str] = set()
    used: set[str] = set()
    for number, raw in enumerate(rows, first):
        fields.update(raw.values or ())
        try:
            if raw.values is None:
                raise RowError(raw.code, "", raw.reason)
            row = read_row(raw.values, source, raw.number, limits)
        except RowError as fault:
            if raw.values is not None:
                odd.append((len(cells), raw.values))
            cells.append(_broken(number, raw, source, fault))
            continue
        shapes[row.shape] = shapes.get(row.shape, 0) + 1
        used |= row.used
        read.append((len(cells), row.example))
        cells.append({"row": number})
    for (place, example), found in zip(read, scan_all([one for _, one in read]), strict=True):
        cells[place] |= columns_of(example, found)
    # Personal data in a row that is no example is personal data in the file all the same.
    searched = scan_texts([every_text(values) for _, values in odd])
    for (place, _), found in zip(odd, searched, strict=True):
        cells[place]["found"] = msgspec.json.encode(found)
    return batch_of(cells), Seen(shapes, frozenset(fields), frozenset(used))


def table_of(examples: Iterable[Example]) -> Table:
    """Examples as a table; a row's position is its place among them."""
    rows = list(examples)
    pairs = zip(rows, scan_all(rows), strict=True)
    cells = [{**columns_of(*pair), "row": row} for row, pair in enumerate(pairs)]
    return Table.of([batch_of(cells)])


def batch_of(cells: Iterable[dict[str, Any]]) -> pa.RecordBatch:
    """Rows as a batch in ``SCHEMA``."""
    return pa.RecordBatch.from_pylist(list(cells), schema=SCHEMA)


def columns_of(example: Example, found: Sequence[Found]) -> dict[str, Any]:
    """An example, and what the scan found in it, in ``SCHEMA``, without its ``row``."""
    where = example.provenance
    failed = [check.code for check in ROW_CHECKS if check.fails(example)]
    return {
        "line": where.row,
        "source": where.source,
        "id": example.id,
        "record": canonical(example),
        "request": prompt_text(example),
        "target": example.target,
        "content_key": key_of(example),
        "row_key": _key(row_key(example)),
        "prompt_key": _key(prompt_key(example)),
        "frame_key": _key(frame_key(example)),
        "likeness": _key(likeness_key(example)),
        "characters": sum(len(message.content) for message in example.messages),
        "shape": "document" if example.is_text else target_shape(example.target),
        "segment": where.segment,
        "group": where.group,
        "subject": where.subject,
        "timestamp": where.timestamp,
        "annotators": ", ".join(where.annotators),
        "split": where.split,
        "licence": bool(where.licence),
        "legal_basis": bool(where.legal_basis),
        "codes": failed or None,
        "found": msgspec.json.encode(found) if found else None,
    }


def key_of(example: Example) -> bytes:
    """What an example is known by, to the letter, wherever it came from: 16 bytes."""
    return _key(content_key(example))


def _broken(number: int, raw: RawRow, source: Source, fault: RowError) -> dict[str, Any]:
    said = fault.reason if raw.values is None else str(fault)
    # A JSON path or a quoted value could be of any length, and a lone surrogate cannot be written.
    reason = said.encode("utf-8", "replace").decode("utf-8")
    return {
        "row": number,
        "line": raw.number,
        "source": source.path,
        "fault": fault.code,
        "reason": reason if len(reason) <= 300 else reason[:297] + "...",
    }


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
