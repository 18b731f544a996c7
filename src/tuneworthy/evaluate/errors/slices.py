"""Which parts of the cases fail more often than the others: segments, short and long ones."""

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

import numpy as np

from tuneworthy.core.nouns.failures import FailureSlice, SliceVerdict
from tuneworthy.evaluate.errors.answered import Answered
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.paired import holm
from tuneworthy.methods.two_shares import fisher, share_difference

BINS = 4
ALPHA = 0.05
MOST_SEGMENTS = 40
"""Segments beyond this number, the smallest, are not looked at one by one."""

Family = Literal["segment", "length of request", "length of expected answer"]
Parts = list[tuple[Family, str, list[int]]]


def slices(
    rows: Sequence[Answered],
    failed: Collection[str],
    broken: Collection[str] = (),
    fixed: Collection[str] = (),
) -> tuple[FailureSlice, ...]:
    """One line a part; a family with one part alone is left out.

    Args:
        rows: Every case.
        failed: Ids of those that fail.
        broken: Ids of those that are newly broken, ``fixed`` of those newly fixed.
        fixed: See there.
    """
    parts = [*_segments(rows), *_lengths(rows)]
    wrong, lost, won = set(failed), set(broken), set(fixed)
    counts = [sum(rows[at].case.id in wrong for at in places) for _, _, places in parts]
    both = [
        ((hits, len(places)), (len(wrong) - hits, len(rows) - len(places)))
        for hits, (_, _, places) in zip(counts, parts, strict=True)
    ]
    p_values = [fisher(one, rest) for one, rest in both]
    made = []
    for (family, name, places), (one, rest), p, adjusted in zip(
        parts, both, p_values, holm(p_values), strict=True
    ):
        difference = share_difference(one, rest)
        verdict: SliceVerdict = "within noise"
        if adjusted < ALPHA:
            verdict = "more failures" if difference.value > 0 else "fewer failures"
        names = [rows[at].case.id for at in places]
        made.append(
            FailureSlice(
                family=family,
                name=name,
                n=len(places),
                failed=one[0],
                share=wilson(*one),
                difference=difference,
                p_value=p,
                p_holm=adjusted,
                verdict=verdict,
                newly_broken=sum(case in lost for case in names),
                newly_fixed=sum(case in won for case in names),
            )
        )
    return tuple(made)


def _segments(rows: Sequence[Answered]) -> Parts:
    places: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        places.setdefault(row.case.segment, []).append(at)
    if len(places) < 2:
        return []
    named = sorted((n for n in places if n), key=lambda name: (-len(places[name]), name))
    return [("segment", name, places[name]) for name in sorted(named[:MOST_SEGMENTS])]


def _lengths(rows: Sequence[Answered]) -> Iterator[tuple[Family, str, list[int]]]:
    texts: tuple[tuple[Family, list[str]], ...] = (
        ("length of request", [row.case.request for row in rows]),
        ("length of expected answer", [row.case.expected for row in rows]),
    )
    for family, said in texts:
        bins = quantile_bins([len(text) for text in said])
        if len(bins) > 1:
            yield from ((family, name, places) for name, places in bins)


def quantile_bins(lengths: Sequence[int], bins: int = BINS) -> list[tuple[str, list[int]]]:
    """Places by length, cut at the quantiles; every place in one bin, equal lengths in the same."""
    if not lengths:
        return []
    cuts = np.quantile(lengths, [at / bins for at in range(1, bins)], method="lower")
    number = np.searchsorted(cuts, lengths, side="left")
    found = []
    for one in np.unique(number):
        places = np.flatnonzero(number == one).tolist()
        inside = [lengths[at] for at in places]
        low, high = min(inside), max(inside)
        name = f"{low:,} characters" if low == high else f"{low:,} to {high:,} characters"
        found.append((name, places))
    return found
