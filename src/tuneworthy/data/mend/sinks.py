"""Files that take rows one at a time, and that stand at their place when they are whole."""

import csv
import io
import json
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.new_file import new_file
from tuneworthy.data.formats.csv_rows import escaped

Values = dict[str, Any] | None
"""A row's fields; None where its text stands for it."""


class Sink:
    """Takes rows, one at a time."""

    takes_text = False

    def guarded(self, values: Values, text: str | None) -> dict[str, str]:  # noqa: ARG002
        """Cells of a row, by column, that a spreadsheet would run.

        They are not written as they stand: each gets an apostrophe before it.
        """
        return {}

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
        # An item of a list may stand on several lines; a string holds no line end as it is.
        line = line.replace("\r\n", " ").replace("\n", " ")
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


class _Records(Sink):
    """Holds rows back on disk until every column is known: rows need not have the same ones."""

    def __init__(self) -> None:
        self._held = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sink
        self._columns: dict[str, None] = {}

    def add(self, values: Values, text: str | None) -> None:
        """Hold one row back."""
        row = values if values is not None else json.loads(text or "{}")
        self._columns.update(dict.fromkeys(row))
        pickle.dump(row, self._held)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows in the order they came; to be read once."""
        self._held.seek(0)
        with self._held:
            while True:
                try:
                    yield pickle.load(self._held)  # noqa: S301 - written above by this object
                except EOFError:
                    return


class _Csv(_Records):
    """A header with every column that some row has; what a row lacks is an empty cell.

    As in an export, no cell is one that a spreadsheet would run.
    """

    def __init__(self, file: BinaryIO, delimiter: str) -> None:
        super().__init__()
        self._file = file
        self._delimiter = delimiter

    def guarded(self, values: Values, text: str | None) -> dict[str, str]:
        """Cells that begin as a formula does."""
        row = values if values is not None else json.loads(text or "{}")
        cells = {name: _cell(value) for name, value in row.items()}
        return {name: cell for name, cell in cells.items() if escaped(cell) != cell}

    def close(self) -> None:
        """Write all rows, and leave the file itself open."""
        out = io.TextIOWrapper(self._file, "utf-8", newline="", write_through=True)
        writer = csv.writer(out, delimiter=self._delimiter)
        if self._columns:
            writer.writerow(map(escaped, self._columns))
        for row in self.rows():
            writer.writerow([escaped(_cell(row.get(name))) for name in self._columns])
        out.detach()


def _cell(value: Any) -> str:
    """Text as it stands, nothing for null, and JSON for all else."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, default=str)


class _Parquet(_Records):
    def __init__(self, file: BinaryIO, path: Path) -> None:
        super().__init__()
        self._file = file
        same = path.suffix.lower() == ".parquet"
        self._schema = pq.read_schema(path) if same else None

    def close(self) -> None:
        """Write all rows.

        Raises ConfigProblem where a column holds values of several kinds.
        """
        held = list(self.rows())
        if self._schema is not None and set(self._columns) <= set(self._schema.names):
            table = pa.Table.from_pylist(held, schema=self._schema)
        else:
            table = pa.table({name: _column(name, held) for name in self._columns})
        pq.write_table(table, self._file)


def _column(name: str, rows: list[dict[str, Any]]) -> pa.Array:
    try:
        return pa.array([row.get(name) for row in rows])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as fault:
        raise ConfigProblem(
            "not_written",
            f"Column '{name}' cannot be written as Parquet: {fault}.",
            fix="Name a file that ends in .jsonl, whose rows need not be alike.",
        ) from fault


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
    try:
        with new_file(path) as file:
            yield file
    except OSError as fault:
        raise ConfigProblem(
            "not_written",
            f"{path} cannot be written: {fault.strerror}.",
            fix="Name a file in a folder where this user may write.",
        ) from fault
