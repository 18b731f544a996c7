"""What a blind review comes to."""

from typing import Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.comparing import SegmentDelta, Verdict
from tuneworthy.core.nouns.review import Side

Basis = Literal["as planned", "at any look"]
"""All items were judged as planned; or the bounds hold whenever one stops, and are wider."""


class Agreed(Part):
    """Krippendorff's alpha over items that two or more judged; None where nothing can be said."""

    value: float | None
    low: float | None
    high: float | None
    items: int


class RaterFigures(Part):
    """One person. Shares are 0..1, None without anything to count."""

    person: str
    judged: int
    skipped: int
    same: float | None
    """Mean share of the others who said exactly the same, on the items they share."""
    alpha: float | None
    left: Interval | None = None
    """Share of their choices that went to the left answer; 0.5 is none swayed by place."""


class Sequential(Part):
    """Whether enough was judged, by a test that may be looked at after every pair."""

    enough: bool
    words: str
    e_value: float
    """Evidence against no preference at its highest; 1/alpha is enough."""
    p_value: float
    """Holds whenever one stops."""
    crossed_at: int | None
    """After how many pairs (groups, where cases come in such) it was enough."""
    low: float
    high: float
    """Bounds of the win rate that hold at every look."""
    more: int | None
    """About how many more pairs, if preferences go on as they are; None: no sign of an end."""


class PairsResult(Part):
    """Two runs as people prefer them. ``win`` counts ties half, over all cases drawn from."""

    review: str
    baseline: str
    candidate: str
    cases: int
    equal: int
    items: int
    n: int
    """Pairs that as many people judged as were asked for."""
    gain: float
    needed: int
    power: float
    """The chance of showing the gain with the items drawn, were there no ties among them."""
    sides: dict[Side, int]
    """Pairs by what most people said; without a majority it is a tie."""
    basis: Basis
    win: Interval
    win_judged: Interval
    """Among the pairs people judged, without the equal ones."""
    p_value: float
    test: str
    verdict: Verdict
    sequential: Sequential
    agreement: Agreed
    raters: tuple[RaterFigures, ...]
    segments: tuple[SegmentDelta, ...] = ()
    makers_among_raters: tuple[str, ...] = ()
    closed: bool = False


class CriterionMean(Part):
    """One criterion on its own scale, 1 to ``highest``."""

    criterion: str
    highest: int
    mean: Interval
    baseline: Interval | None = None
    """The other run's mean, where two were rated in one queue."""
    delta: Interval | None = None
    """Candidate less baseline on the same cases."""
    p_holm: float | None = None
    """Of the difference, adjusted for all criteria."""
    verdict: Verdict | None = None
    agreement: Agreed
    segments: dict[str, Interval] = Field(default_factory=dict)


class RatingsResult(Part):
    """Answers as people rate them."""

    review: str
    baseline: str
    candidate: str
    items: int
    n: int
    """Items that as many people rated as were asked for; means rest on these."""
    score: Interval
    """Mean over the criteria, each from 0 (all 1) to 1 (all at the highest), of the candidate."""
    criteria: tuple[CriterionMean, ...]
    raters: tuple[RaterFigures, ...]
    makers_among_raters: tuple[str, ...] = ()
    closed: bool = False
