"""Arrow IPC files and streams (``.arrow``, ``.feather``), batch by batch.

Before a batch is unpacked, the sizes that it declares are added up; before its values are used, all
offsets are checked, since Arrow believes a file. Layout: "Serialization and Interprocess
Communication", Arrow columnar format; ``Message.fbs``.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.arrow_rows import arrow_rows, longest_values
from tuneworthy.data.columns import check_columns
from tuneworthy.data.opened import Allowance, Hash, opened
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits

_MAGIC = b"ARROW1"
_MOST = 256 << 20
"""Bytes that one batch may unpack to."""


def arrow_file_rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    """Every row, numbered from 1. Raises DataProblem or ConfigProblem for a bad file."""
    with opened(path, digest) as file:
        is_file = file.read(len(_MAGIC)) == _MAGIC
    try:
        with pa.OSFile(str(path), "rb") as file:
            _measure(path, file, 8 if is_file else 0)
        with pa.OSFile(str(path), "rb") as file:
            reader = pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file)
            check_columns(path, reader.schema.names, source)
            batches = _batches(reader, is_file=is_file)
            yield from arrow_rows(batches, longest_values(limits), Allowance(path))
    except (pa.ArrowException, OSError, ValueError, MemoryError, struct.error) as fault:
        raise DataProblem(
            "bad_arrow",
            f"{path} is not a whole Arrow file.",
            why=str(fault).splitlines()[0] if str(fault) else type(fault).__name__,
            fix="Copy or write the file again; it may have been cut short.",
        ) from fault


def _batches(reader: Any, *, is_file: bool) -> Iterator[pa.RecordBatch]:
    if is_file:
        every = (reader.get_batch(at) for at in range(reader.num_record_batches))
    else:
        every = iter(reader)
    for batch in every:
        batch.validate(full=True)
        yield batch


def _measure(path: Path, file: pa.NativeFile, start: int) -> None:
    """Refuse a batch that would unpack to too much."""
    file.seek(start)
    for at, message in enumerate(pa.ipc.MessageReader.open_stream(file)):
        size = unpacked_size(message)
        if size > _MOST:
            raise DataProblem(
                "swells",
                f"{path}: message {at} unpacks to {size >> 20:,} MB, over {_MOST >> 20} MB.",
                fix="Write the file again with smaller record batches, or as Parquet.",
            )


def unpacked_size(message: pa.ipc.Message) -> int:
    """Bytes that a message's buffers unpack to, as it declares."""
    if message.type not in ("record batch", "dictionary"):
        return 0
    table = _Table.root(bytes(message.metadata))
    header = table.table(_HEADER)
    if message.type == "dictionary":
        header = header.table(_DATA)
    body = memoryview(message.body)
    compressed = header.has(_COMPRESSION)
    total = 0
    for offset, length in header.structs(_BUFFERS):
        total += length
        if compressed and length >= 8 and 0 <= offset <= len(body) - 8:
            (declared,) = struct.unpack_from("<q", body, offset)
            total += max(declared, 0)
    return total


# Places of fields in Message.fbs: Message.header, RecordBatch.buffers and .compression,
# DictionaryBatch.data.
_HEADER, _BUFFERS, _COMPRESSION, _DATA = 2, 2, 3, 1


class _Table:
    """A flatbuffers table, read by the places of its fields."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._fields = at - self._number("<i", at)

    @classmethod
    def root(cls, data: bytes) -> "_Table":
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def _number(self, kind: str, at: int) -> int:
        if at < 0:
            raise ValueError("the file's metadata points outside of itself")
        return int(struct.unpack_from(kind, self._data, at)[0])

    def _place(self, field: int) -> int:
        entry = 4 + 2 * field
        if entry >= self._number("<H", self._fields):
            return 0
        offset = self._number("<H", self._fields + entry)
        return self._at + offset if offset else 0

    def has(self, field: int) -> bool:
        return bool(self._place(field))

    def table(self, field: int) -> "_Table":
        at = self._place(field)
        return _Table(self._data, at + self._number("<I", at))

    def structs(self, field: int) -> Iterator[tuple[int, int]]:
        """A vector of pairs of 64-bit numbers."""
        at = self._place(field)
        if not at:
            return
        at += self._number("<I", at)
        for index in range(self._number("<I", at)):
            first, second = struct.unpack_from("<qq", self._data, at + 4 + 16 * index)
            yield first, second
