"""Rows that say what another row says: to the letter, or nearly.

A near-duplicate has a request at char-5 Jaccard 0.8 or more to the kept row's, with the same
numbers, tools and system turns, and the same answer; a longer answer in prose may differ as much as
the request. Alike is not the same: "approve it" and "reject it" share most of their letters.
"""

import re
from collections.abc import Sequence

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.neardup import Work, jaccard, keep_stars, normalise

ALIKE = 0.8
PROSE = 40
"""Characters from which a target that is not JSON is compared by likeness, not by equality."""


def exact_copies(table: Table, order: Rows) -> dict[int, int]:
    """Each row of ``order`` that equals an earlier one in turns and tools, with that one."""
    return _repeats(table.codes("content_key"), order)


def near_copies(table: Table, order: Rows, work: Work | None = None) -> dict[int, int]:
    """Each row of ``order`` that nearly says what an earlier one says, with the one to keep.

    Earlier rows are kept before later ones; a row is only ever given up for a row that is kept and
    that it was compared with itself. ``work`` takes what that took, and gave up.
    """
    same = _repeats(table.codes("row_key"), order)
    rest = [at for at in order.tolist() if at not in same]
    likeness = table.codes("likeness")
    alike = keep_stars(table.text("request", rest), ALIKE, likeness[rest].tolist(), work=work)
    copies = {at: rest[star] for at, star in zip(rest, alike, strict=True) if rest[star] != at}
    copies |= _alike_in_prose(table, [at for at in rest if at not in copies], work)
    # Whoever equals a row that is itself given up is a copy of the row that is kept.
    return copies | {at: copies.get(kept, kept) for at, kept in same.items()}


def _alike_in_prose(table: Table, rows: Sequence[int], work: Work | None) -> dict[int, int]:
    shapes = table.values("shape")
    prose = [at for at in rows if shapes[at] == "text" and len(table.targets[at]) >= PROSE]
    texts = [f"{table.requests[at]}\n{table.targets[at]}" for at in prose]
    frames = table.codes("frame_key")[prose].tolist()
    labels = [(frame, *re.findall(r"\d+", text)) for frame, text in zip(frames, texts, strict=True)]
    copies = {}
    for at, star in zip(prose, keep_stars(texts, ALIKE, labels, work=work), strict=True):
        kept = prose[star]
        if kept != at and _both_alike(table, at, kept):
            copies[at] = kept
    return copies


def _both_alike(table: Table, left: int, right: int) -> bool:
    asked = jaccard(table.requests[left], table.requests[right])
    return asked >= ALIKE and jaccard(table.targets[left], table.targets[right]) >= ALIKE


def _repeats(codes: Rows, order: Rows) -> dict[int, int]:
    """Each row of ``order`` whose code stood before in it, with the first row of that code."""
    first: dict[int, int] = {}
    copies = {}
    for at, code in zip(order.tolist(), codes[order].tolist(), strict=True):
        kept = first.setdefault(code, at)
        if kept != at:
            copies[at] = kept
    return copies


def _exact(table: Table, _: Setting) -> Outcome:
    copies = exact_copies(table, table.good)
    return Outcome(rows_of(list(copies)), copies)


def _near(table: Table, _: Setting) -> Outcome:
    exact = exact_copies(table, table.good)
    rest = np.array([at for at in table.good.tolist() if at not in exact], dtype=np.int64)
    work = Work()
    copies = near_copies(table, rest, work)
    why = {at: _why(table, at, kept) for at, kept in copies.items()}
    figure = {"compared": work.compared, "crowded": work.crowded}
    return Outcome(rows_of(list(copies)), copies, why, figure)


def _why(table: Table, at: int, kept: int) -> str:
    if normalise(table.requests[at]) == normalise(table.requests[kept]):
        return "differs in case or white space alone"
    return f"asks {jaccard(table.requests[at], table.requests[kept]):.0%} alike"


EXACT = WholeCheck(
    "exact_duplicate",
    "warning",
    "Another row says the same, to the letter.",
    "Keep one of them: tuneworthy data fix --only exact_duplicate",
    _exact,
)
NEAR = WholeCheck(
    "near_duplicate",
    "warning",
    "Another row says nearly the same.",
    "Keep one of them: tuneworthy data fix --only near_duplicate",
    _near,
)
