"""CSV and TSV with a header line, streamed."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.columns import check_columns
from tuneworthy.data.lines import as_utf8, text_lines
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
        header = _header(path, source, reader, lines)
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
            lines.fault = ("", "")
            yield RawRow(start, None, code, _reason(fault, start), index)
            index += 1
            continue
        code, reason = lines.fault
        lines.fault = ("", "")
        if code:
            yield RawRow(start, None, code, reason, index)
        elif record and len(record) != len(header):
            reason = f"has {len(record)} fields; the header has {len(header)}"
            yield RawRow(start, None, "bad_csv", reason, index)
        elif record:
            values = dict(zip(header, record, strict=True))
            yield RawRow(start, values, index=index, size=sum(map(len, record)))
        index += bool(record or code)


def _reason(fault: csv.Error, start: int) -> str:
    if "unexpected end of data" in str(fault):
        return f"a quote opened on line {start} is never closed; the rest of the file is in it"
    return str(fault)


def _header(path: Path, source: Source, reader: Iterator[list[str]], lines: "_Lines") -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as fault:
        raise DataProblem("bad_header", f"{path}:1 is not a CSV header: {fault}.") from fault
    _check_read(path, lines)
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


def _check_read(path: Path, lines: "_Lines") -> None:
    """Whether the header could be read whole. Raises DataProblem."""
    code, reason = lines.fault
    if code:
        fix = as_utf8(path, "latin1") if code == "not_utf8" else "Is it a CSV file?"
        raise DataProblem(code, f"{path}:1 {reason}.", fix=fix)


@contextmanager
def field_limit(characters: int) -> Iterator[None]:
    """Let CSV cells be this long. The csv module keeps it for the process; it is put back."""
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Lines:
    """Feeds csv.reader; remembers the line number, and a fault of the lines since it was read."""

    def __init__(self, path: Path, digest: Hash, longest: int) -> None:
        self._lines = text_lines(path, digest, longest)
        self.number = 0
        self.fault = ("", "")
        """A code and a reason."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        if line.text is None:
            self.fault = ("too_long", "the line is longer than the limit")
            return "-\n"
        if line.fault:
            self.fault = ("not_utf8", line.fault)
        return line.text
