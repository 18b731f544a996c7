"""Plain text: each line that is not blank is a text, as in the ``text`` loader of ``datasets``."""

from collections.abc import Iterator
from pathlib import Path

from tuneworthy.core.nouns.project import Source
from tuneworthy.data.line_rows import line_rows
from tuneworthy.data.opened import Hash
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits, column

_BYTES_PER_CHARACTER = 4


def text_rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    """Every line that is not blank, without its ending.

    Raises DataProblem when the file itself is at fault.
    """
    longest = limits.characters * _BYTES_PER_CHARACTER + 2
    name = column(source, "text")

    def made(text: str, line: int, index: int) -> RawRow:
        return RawRow(line, {name: text.rstrip("\r\n")}, index=index)

    yield from line_rows(path, digest, longest, made)
