"""Whether quality has fallen since release, measured against a baseline that never moves.

A baseline that slides along with the window it judges forgives every slow decline: each day's loss
is in both. The baseline here is the release-time evaluation, and the trend compares two windows
that share no day.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tuneworthy.core.nouns.base import Part

WINDOW = 7
"""Days that are averaged, and as many before them for the trend."""
ACCURACY = 0.95
"""Share of the released accuracy below which an alert is due."""
SATISFACTION = 0.90
"""The same for satisfaction."""


class DayScore(NamedTuple):
    """One day's mean score, 0..1, over ``n`` answers; a day without answers has n = 0."""

    score: float
    n: int


class Decay(Part):
    """Quality now against quality at release."""

    baseline: float
    floor: float
    """The least that raises no alert: a fixed share of the baseline."""
    level: float | None
    """Mean over the newest days, each answer counted once; None without any answer."""
    n: int
    trend: float | None
    """``level`` less the mean of the days before; None where either has no answer."""
    alert: bool
    text: str


def check_decay(
    days: Sequence[DayScore], *, baseline: float, least: float = ACCURACY, window: int = WINDOW
) -> Decay:
    """Compare the newest days with the frozen baseline.

    Args:
        days: One entry a day, oldest first, days without answers among them.
        baseline: The score of the evaluation before release, 0..1; it is never recomputed.
        least: Share of the baseline, 0..1, below which the level alerts.
        window: Days averaged.

    Raises:
        ValueError: The baseline or the share is not between 0 and 1, or the window is empty.
    """
    if not (0 < baseline <= 1 and 0 < least <= 1 and window > 0):
        raise ValueError(f"baseline {baseline}, least {least}, window {window}")
    recent, before = days[-window:], days[-2 * window : -window]
    level, n = _mean(recent)
    earlier, _ = _mean(before)
    floor = baseline * least
    alert = level is not None and level < floor
    return Decay(
        baseline=baseline,
        floor=floor,
        level=level,
        n=n,
        trend=None if level is None or earlier is None else level - earlier,
        alert=alert,
        text=_text(level, n, baseline, floor, window),
    )


def _mean(days: Sequence[DayScore]) -> tuple[float | None, int]:
    n = sum(day.n for day in days)
    return (sum(day.score * day.n for day in days) / n if n else None), n


def _text(level: float | None, n: int, baseline: float, floor: float, window: int) -> str:
    if level is None:
        return f"No answer was judged in the last {window} days."
    side = "below" if level < floor else "not below"
    return (
        f"{level:.4f} over the last {window} days (n = {n}), {side} the floor of {floor:.4f}; "
        f"{baseline:.4f} at release."
    )
