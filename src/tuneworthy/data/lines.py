"""Lines of a text file, one at a time, with the place of any fault."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tuneworthy.core.errors import DataProblem
from tuneworthy.data.opened import Hash, NoHash, opened

__all__ = ["Hash", "Line", "strict_lines", "text_lines"]

_SKIP = 1 << 20


_BLANK = 1_000_000
"""So many blank lines in a row are no data; to walk on would only burn time."""
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks (The Unicode Standard, 23.8), the longer ones first."""


class Line(NamedTuple):
    """A line with its number from 1; ``text`` is None when it is longer than the limit."""

    number: int
    text: str | None
    fault: str = ""
    """What is wrong with its bytes; ``text`` then stands in for what cannot be read."""


def text_lines(path: Path, digest: Hash, longest: int) -> Iterator[Line]:
    """Every line with its ending; never holds more than ``longest`` bytes of one line.

    A line that is not UTF-8 has a fault, which names the byte.

    Raises:
        DataProblem: The file is UTF-16 or UTF-32, has a million blank lines in a row, or cannot be
            read.
    """
    with opened(path, digest) as file:
        yield from _lines(path, file, longest)


def strict_lines(path: Path, longest: int) -> Iterator[tuple[int, str | None]]:
    """Every line's number and text, for files that must be UTF-8 throughout.

    Raises DataProblem as ``text_lines`` does, and for the first line that is not UTF-8.
    """
    for line in text_lines(path, NoHash(), longest):
        if line.fault:
            said = f"{path}:{line.number} {line.fault}."
            raise DataProblem("not_utf8", said, fix=as_utf8(path, "latin1"))
        yield line.number, line.text


def _lines(path: Path, file: BinaryIO, longest: int) -> Iterator[Line]:
    offset, number, blank = 0, 0, 0
    while data := file.readline(longest):
        number += 1
        blank = blank + 1 if data.isspace() else 0
        if blank > _BLANK:
            raise _all_blank(path, number)
        if number == 1:
            _check_mark(path, data)
        start, offset = offset, offset + len(data)
        if len(data) == longest and not data.endswith(b"\n"):
            offset += _skip_rest(file)
            yield Line(number, None)
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as fault:
            said = f"is not UTF-8 (byte {start + fault.start} of the file)"
            yield Line(number, data.decode("utf-8", "replace"), said)
            continue
        yield Line(number, text.removeprefix("\ufeff") if number == 1 else text)


def _skip_rest(file: BinaryIO) -> int:
    skipped = 0
    while data := file.readline(_SKIP):
        skipped += len(data)
        if data.endswith(b"\n"):
            break
    return skipped


def _check_mark(path: Path, data: bytes) -> None:
    coding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if coding:
        said = f"{path}:1 is not UTF-8 (byte 0 of the file)."
        why = f"The file starts with a {coding.upper()} mark."
        raise DataProblem("not_utf8", said, why=why, fix=as_utf8(path, coding))


def as_utf8(path: Path, coding: str) -> str:
    """The command that writes a file of another coding as UTF-8."""
    out = path.with_suffix(".utf8" + path.suffix)
    return f"iconv -f {coding} -t utf-8 {shlex.quote(str(path))} -o {shlex.quote(str(out))}"


def _all_blank(path: Path, number: int) -> DataProblem:
    return DataProblem(
        "blank_lines",
        f"{path} has {_BLANK:,} blank lines in a row, up to line {number:,}.",
        why="A file of data has none, or few.",
        fix=f"Look at it; if rows follow: sed '/^[[:space:]]*$/d' {path}",
    )
