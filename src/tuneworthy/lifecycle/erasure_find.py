"""Gathers the marks: from the sources, the recorded traffic, the kept rows and the labels."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tuneworthy.core.nouns.erasure import ErasedNode
from tuneworthy.core.nouns.labelling import LabelQueue
from tuneworthy.data.labelling.items import raw_rows
from tuneworthy.data.rows import column
from tuneworthy.lifecycle.erasure_marks import OWN_TEXT, Marks, body_of, texts_of
from tuneworthy.lifecycle.label_ledger import folder_path
from tuneworthy.lifecycle.labelling import source_of
from tuneworthy.lifecycle.reading import tried
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_file


class _Gathered:
    """Ids and places that are theirs; texts that are theirs and nobody else's."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.places: set[str] = set()
        self._texts: set[str] = set()
        self._others: set[int] = set()

    def add(self, texts: Iterator[str], *, theirs: bool) -> None:
        for text in texts:
            if len(text) >= OWN_TEXT:
                if theirs:
                    self._texts.add(text)
                else:
                    self._others.add(hash(text))

    @property
    def texts(self) -> list[str]:
        return sorted(text for text in self._texts if hash(text) not in self._others)


def gather(runtime: Runtime, marks: Marks) -> tuple[Marks, list[ErasedNode]]:
    """The marks with everything that is found now added, and the outside files with their rows."""
    found = _Gathered()
    nodes = list(_sources(runtime, marks, found))
    _traffic(runtime, marks, found)
    _kept_rows(runtime, marks, found)
    _labels(runtime, marks, found)
    more = {
        "ids": tuple(sorted({*marks.ids, *found.ids})),
        "places": tuple(sorted({*marks.places, *found.places})),
        "texts": tuple(sorted({*marks.texts, *found.texts})),
    }
    return Marks.model_validate({**marks.model_dump(), **more}), nodes


def _sources(runtime: Runtime, marks: Marks, found: _Gathered) -> Iterator[ErasedNode]:
    for source, read in tried(runtime):
        if isinstance(read, Exception):
            note = f"cannot be read ({read}): look for their rows in it yourself"
            yield ErasedNode(
                kind="source", id=source.path, found=0, disposition="outside", note=note
            )
            continue
        table = read.table
        lines = []
        columns = (table.values(name) for name in ("line", "subject", "record"))
        for line, subject, record in zip(*columns, strict=True):
            row = json.loads(record) if record else {}
            mine = subject in marks.asked.subjects or marks.named.says(record or b"")
            found.add(texts_of(row), theirs=mine)
            if mine:
                lines.append(line)
                found.places.add(f"{read.sha256}|{source.path}:{line}")
        if lines:
            yield ErasedNode(
                kind="source",
                id=source.path,
                found=len(lines),
                disposition="outside",
                note=f"{_rows(lines)}: take out of this file, and of what it was made from",
            )


def _rows(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:200]))
    more = f" and {len(lines) - 200} more" if len(lines) > 200 else ""
    return f"line{'s' if len(lines) > 1 else ''} {shown}{more}"


def _traffic(runtime: Runtime, marks: Marks, found: _Gathered) -> None:
    for row in runtime.store.interactions():
        mine = marks.named.asks(row)
        found.add(texts_of({**body_of(row), "output": row.response}), theirs=mine)
        if mine:
            found.ids.add(row.id)


def _kept_rows(runtime: Runtime, marks: Marks, found: _Gathered) -> None:
    """Records and candidates first: they say who they are about; cases and results name those."""
    for digest in runtime.blobs.all():
        for line in runtime.blobs.lines(digest):
            row = json_object(line)
            if row is None:
                break  # not a file of rows
            if "provenance" in row or "example" in row:
                mine = marks.named.owns(row) or marks.named.says(line)
                mine = mine or row.get("interaction") in found.ids
                found.add(texts_of(row), theirs=mine)
                if mine:
                    found.ids.update(_ids(row))


def _ids(row: Mapping[str, Any]) -> Iterator[str]:
    for value in (row.get("id"), row.get("interaction"), (row.get("example") or {}).get("id")):
        if isinstance(value, str) and value:
            yield value


def _labels(runtime: Runtime, marks: Marks, found: _Gathered) -> None:
    for queue in runtime.store.list(LabelQueue):
        wanted = _items_of(runtime, marks, queue)
        for item in runtime.store.labels.items(queue.id):
            mine = item.id in wanted or marks.named.says(item.text.encode())
            found.add(iter([item.text]), theirs=mine)
            if mine:
                found.ids.add(f"{queue.id}:{item.id}")


def _items_of(runtime: Runtime, marks: Marks, queue: LabelQueue) -> set[str]:
    """The items that are rows of theirs, as the very file says that the queue was made from."""
    path = folder_path(runtime, queue.source)
    if not path.is_file() or digest_file(path) != queue.sha256:
        return set()
    source, seen = source_of(runtime, queue.source), hashlib.sha256()
    name = column(source, "subject")
    return {
        str(raw.number)
        for raw in raw_rows(path, source, seen)
        if raw.values is not None and raw.values.get(name) in marks.asked.subjects
    }


def json_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object on a line, or None."""
    if not line.startswith(b"{"):
        return None
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
