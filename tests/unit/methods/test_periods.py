"""Periods: they follow each other without a gap, and every moment lies in exactly one."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.periods import Span, first_whole, is_period, period_of, periods

SPANS: tuple[Span, ...] = ("daily", "weekly", "monthly", "quarterly")
LONGEST = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92}
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=40_000)).map(
    lambda span: datetime(1990, 1, 1, tzinfo=UTC) + span
)


@pytest.mark.parametrize(
    ("span", "at", "name", "start", "end"),
    [
        ("daily", (2024, 2, 29, 23), "2024-02-29", (2024, 2, 29), (2024, 3, 1)),
        ("weekly", (2027, 1, 1, 0), "2026-W53", (2026, 12, 28), (2027, 1, 4)),
        ("monthly", (2026, 12, 31, 23), "2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("quarterly", (2026, 12, 31, 23), "2026-Q4", (2026, 10, 1), (2027, 1, 1)),
        ("quarterly", (2026, 1, 1, 0), "2026-Q1", (2026, 1, 1), (2026, 4, 1)),
    ],
)
def test_the_calendar_as_people_know_it(
    span: Span,
    at: tuple[int, int, int, int],
    name: str,
    start: tuple[int, int, int],
    end: tuple[int, int, int],
) -> None:
    found = period_of(span, datetime(*at, tzinfo=UTC))
    assert found == (name, datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))


@given(st.sampled_from(SPANS), MOMENTS)
def test_a_moment_lies_in_its_period_and_nowhere_else(span: Span, at: datetime) -> None:
    found = period_of(span, at)
    assert found.start <= at < found.end
    assert found.end - found.start <= timedelta(days=LONGEST[span])
    assert is_period(span, found.name)
    assert period_of(span, found.start) == found
    assert period_of(span, found.end - timedelta(microseconds=1)) == found
    assert period_of(span, found.end).name != found.name


@given(st.sampled_from(SPANS), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_periods_follow_each_other_without_a_gap(
    span: Span, first: datetime, length: timedelta
) -> None:
    found = list(periods(span, first, first + length))
    assert found[0].start <= first < found[0].end
    assert found[-1].start <= first + length < found[-1].end
    assert all(one.end == next_.start for one, next_ in pairwise(found))
    assert len({one.name for one in found}) == len(found)


@given(st.sampled_from(SPANS), MOMENTS)
def test_what_begins_late_in_a_period_begins_with_the_next(span: Span, at: datetime) -> None:
    found, begins = period_of(span, at), first_whole(span, at)
    assert begins in (found.start, found.end)
    assert (begins == found.start) == (found.end - at >= at - found.start)


def test_other_time_zones_are_read_in_utc() -> None:
    at = datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=9)))
    assert period_of("daily", at).name == "2025-12-31"


@given(st.sampled_from(SPANS), st.text(max_size=12))
def test_nothing_else_is_a_name(span: Span, text: str) -> None:
    assert not is_period(span, text + "?")
