"""What a mended file says when it is read again: rows that became alike, or something else.

Two rows that differed in a name alone are copies once the name is taken out, or contradict each
other. And a file of another kind may not carry what a row held: CSV has no lists.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneworthy.core.nouns.file_check import RowChange
from tuneworthy.data.checks import Setting
from tuneworthy.data.screen import screen
from tuneworthy.data.table import Table

ALIKE = ("exact_duplicate", "near_duplicate", "conflict")
"""Codes that a row gets by what others say."""


class Again(NamedTuple):
    """Rows of the file that was mended, by their numbers."""

    alike: dict[str, tuple[int, ...]]
    """Rows that a code names in the new file and did not name in the old one."""
    otherwise: tuple[int, ...]
    """Rows that were not changed and are read back as something else, or not at all."""


NOTHING = Again({}, ())


def read_again(
    before: Table, after: Table, changes: Sequence[RowChange], setting: Setting
) -> Again:
    """Compare the rows that were written with what they were.

    Args:
        before: The rows of the file.
        after: The rows of the new file, in the same order.
        changes: What was changed and left out.
        setting: What the checks may be told.
    """
    gone = [change.row for change in changes if change.action == "dropped"]
    left = np.setdiff1d(np.arange(len(before)), np.array(gone, dtype=np.int64))
    if len(left) != len(after):
        return Again({}, tuple(left.tolist()))
    old, new = _named(before.take(left), setting), _named(after, setting)
    alike = {code: left[np.setdiff1d(new[code], old[code])].tolist() for code in ALIKE}
    return Again(
        {code: tuple(rows) for code, rows in alike.items() if rows},
        tuple(_otherwise(before, after, left.tolist(), {change.row for change in changes})),
    )


def _named(table: Table, setting: Setting) -> dict[str, np.ndarray]:
    return {hits.code: hits.rows for hits in screen(table, setting, only=ALIKE)}


def _otherwise(before: Table, after: Table, left: list[int], changed: set[int]) -> list[int]:
    was, now = before.values("content_key"), after.values("content_key")
    pairs = zip(left, now, strict=True)
    return [row for row, key in pairs if row not in changed and was[row] not in (None, key)]
