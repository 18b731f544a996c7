"""When people replace more answers than they used to: two bad weeks in a row, not one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.monitoring import OverrideReview
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.intervals import wilson
from tuneworthy.monitor.health import NOT_THE_MODELS

WEEK = timedelta(days=7)
WEEKS = 2
"""Weeks in a row that must all be worse."""
RISE = 0.05
"""Share, 0..1, by which the point estimate must lie above the baseline."""


class WeekCount(NamedTuple):
    """One week of requests, and how many of their answers a person replaced."""

    overridden: int
    requests: int


def weekly_overrides(
    interactions: Iterable[Interaction],
    feedback: Iterable[Feedback],
    *,
    now: datetime,
    weeks: int = WEEKS,
) -> tuple[WeekCount, ...]:
    """Requests and overrides of the newest whole weeks up to ``now``, oldest first.

    Shadow answers, refusals by a gate and requests whose client left are not counted.
    """
    words = list(feedback)
    rows: list[list[Interaction]] = [[] for _ in range(weeks)]
    for row in interactions:
        back = (now - datetime.fromisoformat(row.created_at)) // WEEK
        if 0 <= back < weeks:
            rows[weeks - 1 - back].append(row)
    return tuple(count_overrides(week, words) for week in rows)


def count_overrides(interactions: Iterable[Interaction], feedback: Iterable[Feedback]) -> WeekCount:
    """Requests and overrides among them, with the same left out."""
    replaced = {item.interaction for item in feedback if item.source == "override"}
    counted = [
        row.id for row in interactions if row.arm != "shadow" and row.status not in NOT_THE_MODELS
    ]
    return WeekCount(sum(id_ in replaced for id_ in counted), len(counted))


def review_overrides(weeks: Sequence[WeekCount], *, baseline: float | None) -> OverrideReview:
    """Whether the two newest weeks both lie above the baseline, beyond what chance explains.

    Each week's lower 95 % bound must lie above the baseline and its point estimate at least five
    points above it: small samples wake nobody, and neither do large samples with tiny rises.

    Args:
        weeks: Counts of consecutive weeks, oldest first; empty weeks are among them.
        baseline: Share of overridden answers, 0..1, at release; None where it is not known.

    Raises:
        ValueError: The baseline is no share, or a week has more overrides than requests.
    """
    if baseline is not None and not 0 <= baseline <= 1:
        raise ValueError(f"a baseline of {baseline}")
    newest = tuple(wilson(week.overridden, week.requests) for week in weeks[-WEEKS:])
    triggered = (
        baseline is not None
        and len(newest) == WEEKS
        and all(week.low > baseline and _rise(week, baseline) >= RISE for week in newest)
    )
    shown = ", then ".join(
        f"{week.value:.1%} [{week.low:.1%}, {week.high:.1%}] of n = {week.n}" for week in newest
    )
    if baseline is None:
        end = "their share at release is not known"
    elif triggered:
        end = f"above the {baseline:.1%} at release two weeks in a row"
    elif len(newest) < WEEKS:
        end = f"{len(newest)} of {WEEKS} weeks are known"
    else:
        end = f"not clearly above the {baseline:.1%} at release in both weeks"
    return OverrideReview(
        triggered=triggered,
        baseline=baseline,
        weeks=newest,
        text=f"Overrides a week: {shown or 'none'}; {end}.",
    )


def _rise(week: Interval, baseline: float) -> float:
    # Rounded to a millionth, so that 13 % is five points above 8 % in binary too.
    return round(week.value - baseline, 6)
