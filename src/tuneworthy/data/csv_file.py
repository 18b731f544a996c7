"""CSV and TSV with a header line, streamed."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.columns import check_columns
from tuneworthy.data.lines import text_lines
from tuneworthy.data.opened import Hash, ending
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits


def csv_rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    """Every record below the header, numbered by the line it starts on.

    Raises DataProblem or ConfigProblem when the file or its header is at fault.
    """
    longest = limits.characters * 4 + 1024
    delimiter = "\t" if ending(path) == ".tsv" else ","
    with field_limit(longest):
        lines = _Lines(path, digest, longest)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header = _header(path, source, reader)
        yield from _records(reader, header, lines)


def _records(reader: Iterator[list[str]], header: list[str], lines: "_Lines") -> Iterator[RawRow]:
    index = 0
    while True:
        start = lines.number + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            code = "too_long" if "field larger" in str(fault) else "bad_csv"
            yield RawRow(start, None, code, _reason(fault, start), index)
            index += 1
            continue
        if lines.cut:
            lines.cut = False
            yield RawRow(start, None, "too_long", "the line is longer than the limit", index)
        elif record and len(record) != len(header):
            reason = f"has {len(record)} fields; the header has {len(header)}"
            yield RawRow(start, None, "bad_csv", reason, index)
        elif record:
            yield RawRow(start, dict(zip(header, record, strict=True)), index=index)
        index += bool(record)


def _reason(fault: csv.Error, start: int) -> str:
    if "unexpected end of data" in str(fault):
        return f"a quote opened on line {start} is never closed; the rest of the file is in it"
    return str(fault)


def _header(path: Path, source: Source, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as fault:
        raise DataProblem("bad_header", f"{path}:1 is not a CSV header: {fault}.") from fault
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataProblem(
            "bad_header",
            f"{path}:1 names a column twice: {', '.join(map(repr, twice))}.",
            fix="Give every column a name of its own.",
        )
    if header:
        check_columns(path, header, source)
    return header


@contextmanager
def field_limit(characters: int) -> Iterator[None]:
    """Let CSV cells be this long. The csv module keeps it for the process; it is put back."""
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Lines:
    """Feeds csv.reader; remembers the line number and whether a line was too long."""

    def __init__(self, path: Path, digest: Hash, longest: int) -> None:
        self._lines = text_lines(path, digest, longest)
        self.number = 0
        self.cut = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        if line.text is None:
            self.cut = True
            return "-\n"
        return line.text
