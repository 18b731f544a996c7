"""Whether the parts that are held out have the make-up of the rest: targets, segments, lengths."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tuneworthy.core.nouns.dataset import Finding, MakeUp, SplitName
from tuneworthy.data.checks.whole.label_noise import labelled
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.homogeneity import distance, same_make_up
from tuneworthy.methods.paired import holm

ALPHA = 0.01
"""Chance, over all that is compared, that a random division is called unlike the rest."""
_FIFTHS = (0.2, 0.4, 0.6, 0.8)


def make_up_of(
    table: Table, parts: Mapping[SplitName, Rows], groups: Sequence[int], by: str
) -> tuple[MakeUp, ...]:
    """Compare the validation and the test part with all rows outside them.

    Args:
        table: All rows that are kept.
        parts: Positions in ``table``.
        groups: For each row the group that was never cut. A group counts once, by its first row:
            rows that move together say no more than one.
        by: What the parts were divided by; it is not compared.
    """
    firsts = np.unique(np.asarray(groups, dtype=np.int64), return_index=True)[1]
    placed = np.zeros(len(table), dtype=bool)
    for rows in parts.values():
        placed[rows] = True
    found = []
    for trait, rows, kinds in _traits(table, by):
        rows, kinds = rows[placed[rows]], kinds[placed[rows]]
        for part in ("validation", "test"):
            inside = np.zeros(len(table), dtype=bool)
            inside[parts[part]] = True
            if not inside[rows].any():
                continue
            units = np.isin(rows, firsts)
            test = same_make_up(kinds[units].tolist(), inside[rows][units].tolist())
            counts = [
                np.bincount(kinds[inside[rows] == side], minlength=int(kinds.max()) + 1).tolist()
                for side in (True, False)
            ]
            found.append((part, trait, distance(*counts), test))
    p_values = holm([test.p_value for *_, test in found])
    return tuple(
        MakeUp(
            part=part,
            trait=trait,
            distance=round(far, 6),
            p_value=round(p_value, 6),
            method=test.method,
        )
        for (part, trait, far, test), p_value in zip(found, p_values, strict=True)
    )


def make_up_notes(made: Sequence[MakeUp]) -> Iterator[Finding]:
    """A warning for every part that differs by more than chance."""
    for one in made:
        if one.p_value < ALPHA:
            yield Finding(
                code="split_differs",
                severity="warning",
                message=f"The {one.part} split has other {_WORDS[one.trait]} than the rest: "
                f"{one.distance:.0%} of its rows would have to be of another kind "
                f"(p = {one.p_value:.2g}).",
                fix="A score on it says little of the rest. Try another split.seed or split.by, "
                "or add rows of what it lacks.",
            )


_WORDS = {"target": "targets", "segment": "segments", "length": "lengths"}


def _traits(table: Table, by: str) -> Iterator[tuple[str, Rows, Rows]]:
    """Name, rows that have it, and the number of each row's kind."""
    rows = labelled(table)
    if len(rows):
        yield "target", rows, _numbers([table.targets[at].strip() for at in rows.tolist()])
    segments = table.values("segment")
    rows = np.flatnonzero([bool(segment) for segment in segments]).astype(np.int64)
    if len(rows) and by != "segment":
        yield "segment", rows, _numbers([segments[at] for at in rows.tolist()])
    lengths = table.array("characters")
    edges = np.quantile(lengths, _FIFTHS)
    yield "length", np.arange(len(table)), np.searchsorted(edges, lengths).astype(np.int64)


def _numbers(values: Sequence[str]) -> Rows:
    numbers: Rows = np.unique(np.array(values, dtype=object), return_inverse=True)[1]
    return numbers
