"""JSON Lines: one object a line, decoded one by one, so that no field is ever inferred away."""

from collections.abc import Iterator
from pathlib import Path

from tuneworthy.core.nouns.project import Source
from tuneworthy.data.json_list_file import list_rows, list_start
from tuneworthy.data.json_row import longest_row, read_object
from tuneworthy.data.json_spread import check_lines
from tuneworthy.data.line_rows import line_rows
from tuneworthy.data.opened import Hash
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits, text_columns


def jsonl_rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    """Every line that is not blank, or every item of a file that is one JSON list.

    Raises DataProblem when the file itself is at fault.
    """
    longest = longest_row(limits)
    columns = text_columns(source)
    start = list_start(path)
    if start is not None:
        yield from list_rows(path, digest, start, longest, columns)
        return
    check_lines(path)

    def made(text: str, line: int, index: int) -> RawRow:
        return read_object(text.strip(), line, index, columns)

    yield from line_rows(path, digest, longest, made)
