"""Lines of a text file, one at a time, with the place of any fault."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tuneworthy.core.errors import DataProblem
from tuneworthy.data.opened import Hash, opened

__all__ = ["Hash", "Line", "text_lines"]

_SKIP = 1 << 20


class Line(NamedTuple):
    """A line with its number from 1; ``text`` is None when it is longer than the limit."""

    number: int
    text: str | None


def text_lines(path: Path, digest: Hash, longest: int) -> Iterator[Line]:
    """Every line with its ending; never holds more than ``longest`` bytes of one line.

    Raises:
        DataProblem: Bytes that are not UTF-8, named by line and byte offset; or a read error.
    """
    with opened(path, digest) as file:
        yield from _lines(path, file, longest)


def _lines(path: Path, file: BinaryIO, longest: int) -> Iterator[Line]:
    offset, number = 0, 0
    while data := file.readline(longest):
        number += 1
        start, offset = offset, offset + len(data)
        if len(data) == longest and not data.endswith(b"\n"):
            offset += _skip_rest(file)
            yield Line(number, None)
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise not_utf8(path, number, start + fault.start, data) from fault
        yield Line(number, text.removeprefix("\ufeff") if number == 1 else text)


def _skip_rest(file: BinaryIO) -> int:
    skipped = 0
    while data := file.readline(_SKIP):
        skipped += len(data)
        if data.endswith(b"\n"):
            break
    return skipped


def not_utf8(path: Path, number: int, offset: int, data: bytes) -> DataProblem:
    """The problem of a file with other bytes than UTF-8 at an offset in line ``number``."""
    wide = number == 1 and data[:2] in (b"\xff\xfe", b"\xfe\xff")
    coding = "utf-16" if wide else "latin1"
    return DataProblem(
        "not_utf8",
        f"{path}:{number} is not UTF-8 (byte {offset} of the file).",
        why="The file starts with a UTF-16 mark." if wide else "",
        fix=f"iconv -f {coding} -t utf-8 {path} -o {path.with_suffix('.utf8' + path.suffix)}",
    )
