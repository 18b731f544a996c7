"""Plain text: each line that is not blank is a text, as in the ``text`` loader of ``datasets``."""

from collections.abc import Iterator
from pathlib import Path

from tuneworthy.core.nouns.project import Source
from tuneworthy.data.lines import text_lines
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
    index = 0
    for line in text_lines(path, digest, longest):
        if line.text is None:
            reason = f"the line is over {longest:,} bytes"
            yield RawRow(line.number, None, "too_long", reason, index)
        elif line.fault:
            yield RawRow(line.number, None, "not_utf8", line.fault, index)
        elif line.text.strip():
            yield RawRow(line.number, {name: line.text.rstrip("\r\n")}, index=index)
        else:
            continue
        index += 1
