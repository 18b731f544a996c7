"""Files that take rows one at a time, and that stand at their place when they are whole."""

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tuneworthy.core.errors import ConfigProblem

Values = dict[str, Any] | None
"""A row's fields; None where its text stands for it."""


class Sink:
    """Takes rows, one at a time."""

    takes_text = False

    def add(self, values: Values, text: str | None) -> None:
        """Write one row."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what is held back."""


class _Nowhere(Sink):
    takes_text = True

    def add(self, values: Values, text: str | None) -> None:
        """Write nothing."""


class _Lines(Sink):
    takes_text = True

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, values: Values, text: str | None) -> None:
        """One line: the text as it stood, or the values as JSON."""
        line = text if text is not None else json.dumps(values, ensure_ascii=False, default=str)
        self._file.write(line.encode("utf-8", "surrogatepass") + b"\n")


class _List(Sink):
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._before = b"[\n"

    def add(self, values: Values, text: str | None) -> None:
        """One element of a JSON list."""
        line = text if text is not None else json.dumps(values, ensure_ascii=False, default=str)
        self._file.write(self._before + line.encode("utf-8", "surrogatepass"))
        self._before = b",\n"

    def close(self) -> None:
        """End the list."""
        self._file.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")


class _Csv(Sink):
    def __init__(self, file: BinaryIO, delimiter: str) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        self._delimiter = delimiter
        self._writer: csv.DictWriter[str] | None = None

    def add(self, values: Values, text: str | None) -> None:
        """One record; the first one's names make the header."""
        row = values if values is not None else json.loads(text or "{}")
        if self._writer is None:
            self._writer = csv.DictWriter(
                self._text, list(row), delimiter=self._delimiter, extrasaction="raise"
            )
            self._writer.writeheader()
        self._writer.writerow(row)

    def close(self) -> None:
        """Leave the file itself open."""
        self._text.detach()


class _Parquet(Sink):
    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        same = path.suffix.lower() == ".parquet"
        self._schema = pq.read_schema(path) if same else None
        self._rows: list[dict[str, Any]] = []

    def add(self, values: Values, text: str | None) -> None:
        """Hold one row back."""
        self._rows.append(values if values is not None else json.loads(text or "{}"))

    def close(self) -> None:
        """Write all rows."""
        pq.write_table(pa.Table.from_pylist(self._rows, schema=self._schema), self._file)


@contextmanager
def sink_for(out: Path | None, path: Path) -> Iterator[Sink]:
    """Takes the rows of ``out``, whose ending says the kind; no file when it is None.

    Raises ConfigProblem for an ending that is not written.
    """
    if out is None:
        yield _Nowhere()
        return
    with whole_file(out) as file:
        match out.suffix.lower():
            case ".jsonl" | ".ndjson":
                sink: Sink = _Lines(file)
            case ".json":
                sink = _List(file)
            case ".csv":
                sink = _Csv(file, ",")
            case ".tsv":
                sink = _Csv(file, "\t")
            case ".parquet":
                sink = _Parquet(file, path)
            case other:
                raise ConfigProblem(
                    "unknown_format",
                    f"{out} has the ending '{other}', which is not written.",
                    fix="Name a file that ends in .jsonl, .json, .csv, .tsv or .parquet.",
                )
        yield sink
        sink.close()


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears at its place when it is whole, or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as fault:
        raise ConfigProblem(
            "not_written",
            f"{path} cannot be written: {fault.strerror}.",
            fix="Name a file in a folder where this user may write.",
        ) from fault
    finally:
        part.unlink(missing_ok=True)
