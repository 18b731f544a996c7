"""Rows of a file in which each line that is not blank is one."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tuneworthy.data.lines import text_lines
from tuneworthy.data.opened import Hash
from tuneworthy.data.raw import RawRow


def line_rows(
    path: Path, digest: Hash, longest: int, make: Callable[[str, int, int], RawRow]
) -> Iterator[RawRow]:
    """Every line that is not blank, made a row of its text, its line and its index.

    A line over ``longest`` bytes or not in UTF-8 is a row with that fault.

    Raises DataProblem when the file itself is at fault.
    """
    index = 0
    for line in text_lines(path, digest, longest):
        if line.text is None:
            reason = f"the line is over {longest:,} bytes"
            yield RawRow(line.number, None, "too_long", reason, index)
        elif line.fault:
            yield RawRow(line.number, None, "not_utf8", line.fault, index)
        elif line.text.strip():
            yield make(line.text, line.number, index)
        else:
            continue
        index += 1
