"""Days, ISO weeks, months and quarters in UTC: which one a moment lies in, and what follows it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

Span = Literal["daily", "weekly", "monthly", "quarterly"]


class Period(NamedTuple):
    """``[start, end)`` with a name: ``2026-11-27``, ``2026-W48``, ``2026-11`` or ``2026-Q4``."""

    name: str
    start: datetime
    end: datetime


def period_of(span: Span, at: datetime) -> Period:
    """The period that a moment (timezone-aware) lies in. Weeks begin on Monday (ISO 8601)."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if span == "daily":
        return Period(f"{day:%Y-%m-%d}", day, day + timedelta(days=1))
    if span == "weekly":
        year, week, weekday = day.isocalendar()
        start = day - timedelta(days=weekday - 1)
        return Period(f"{year:04}-W{week:02}", start, start + timedelta(days=7))
    months = 1 if span == "monthly" else 3
    first = (day.month - 1) // months * months + 1
    start = day.replace(month=first, day=1)
    end = (start + timedelta(days=32 * months)).replace(day=1)
    if months == 3:
        end = start.replace(year=start.year + first // 10, month=(first + 2) % 12 + 1)
    name = f"{day:%Y-%m}" if months == 1 else f"{day:%Y}-Q{first // 3 + 1}"
    return Period(name, start, end)


def periods(span: Span, first: datetime, last: datetime) -> Iterator[Period]:
    """Every period from the one that ``first`` lies in to the one that ``last`` lies in."""
    found = period_of(span, first)
    while found.start <= last:
        yield found
        found = period_of(span, found.end)


def first_whole(span: Span, at: datetime) -> datetime:
    """The start of the period ``at`` lies in while half of it is left, else of the next one."""
    found = period_of(span, at)
    return found.start if found.end - at >= at - found.start else found.end


_NAMES: dict[Span, str] = {
    "daily": r"\d{4}-\d{2}-\d{2}",
    "weekly": r"\d{4}-W\d{2}",
    "monthly": r"\d{4}-\d{2}",
    "quarterly": r"\d{4}-Q[1-4]",
}


def is_period(span: Span, name: str) -> bool:
    """Whether a text has the form of a period's name."""
    return re.fullmatch(_NAMES[span], name) is not None
