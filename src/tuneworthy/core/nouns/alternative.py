"""What to try instead of tuning, or beside it, with the measured reason."""

from typing import Literal

from tuneworthy.core.nouns.base import Part

Stance = Literal["for", "open", "not measured", "against"]


class Alternative(Part):
    """One way to better answers.

    ``open`` was measured without a clear result; ``not measured`` has nothing on record.
    """

    id: str
    title: str
    stance: Stance
    effect: float | None = None
    """Share of answers (0..1) that it gained, or that it could gain at most; None: not known."""
    effect_is_bound: bool = False
    """Whether ``effect`` is an upper bound and not a gain that was seen."""
    cost: Literal["low", "medium", "high"]
    """People's work and computing, by rough order."""
    reason: str
    first: str
    """What to try first."""
    command: str


class Advice(Part):
    """Every alternative, the most promising and cheapest first."""

    alternatives: tuple[Alternative, ...]
    summary: str
    """What to do first of all."""
    target: float
    best: float | None
    """Score of the best untuned arm; None when none was run."""
