"""Whether quality has fallen since release, measured against a baseline that never moves.

A baseline that slides along with the window it judges forgives every slow decline: each day's loss
is in both. The baseline here is the release-time evaluation, and the trend compares two windows
that share no day.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.monitoring import Decay
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.intervals import wilson

DAY = timedelta(days=1)
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


def newest_scores(feedback: Iterable[Feedback], source: str) -> dict[str, float]:
    """What a source said last of each answer, 0..1; what it said before is superseded."""
    newest: dict[str, Feedback] = {}
    for item in feedback:
        known = newest.get(item.interaction)
        if item.source == source and (known is None or known.created_at <= item.created_at):
            newest[item.interaction] = item
    return {id_: min(1.0, max(0.0, item.score)) for id_, item in newest.items()}


def daily_scores(
    interactions: Iterable[Interaction],
    scores: Mapping[str, float],
    *,
    now: datetime,
    days: int = 2 * WINDOW,
) -> tuple[DayScore, ...]:
    """The newest whole days up to ``now``, oldest first, by the days of the answers.

    Args:
        interactions: What was answered.
        scores: What was said of each answer, by its id.
        now: The present moment.
        days: How many.
    """
    found: list[list[float]] = [[] for _ in range(days)]
    for row in interactions:
        back = (now - datetime.fromisoformat(row.created_at)) // DAY
        if row.id in scores and 0 <= back < days:
            found[days - 1 - back].append(scores[row.id])
    return tuple(DayScore(sum(day) / len(day) if day else 0.0, len(day)) for day in found)


def check_decay(
    days: Sequence[DayScore], *, baseline: float, least: float = ACCURACY, window: int = WINDOW
) -> Decay:
    """Compare the newest days with the frozen baseline.

    An alert needs both: the mean lies below the floor, and its 95 % interval below the baseline. So
    a few poor answers wake nobody, and neither does a certain but tiny fall.

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
    level, before = _mean(days[-window:]), _mean(days[-2 * window : -window])
    floor = baseline * least
    low = level is not None and level.value < floor
    alert = level is not None and low and level.high < baseline
    return Decay(
        baseline=baseline,
        floor=floor,
        level=level,
        trend=None if level is None or before is None else level.value - before.value,
        alert=alert,
        text=_text(level, baseline, floor, window, noise=low and not alert),
    )


def _mean(days: Sequence[DayScore]) -> Interval | None:
    """Wilson's interval of the mean: of all scores with one mean, only 0 and 1 vary as much."""
    n = sum(day.n for day in days)
    if not n:
        return None
    mean = sum(day.score * day.n for day in days) / n
    return wilson(min(mean * n, n), n).model_copy(update={"value": mean})


def _text(
    level: Interval | None, baseline: float, floor: float, window: int, *, noise: bool
) -> str:
    if level is None:
        return f"No answer was judged in the last {window} days."
    side = "below" if level.value < floor else "not below"
    return (
        f"{level.value:.4f} over the last {window} days (n = {level.n}), {side} the floor of "
        f"{floor:.4f}; {baseline:.4f} at release."
        + (f" With {level.n} answers that may be chance." if noise else "")
    )
