from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.cron import is_cron, newest_due

moments = st.integers(0, 6 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@pytest.mark.parametrize("text", ["0 6 * * *", "*/5 * * * *", "0 6 * * mon-fri", "0 0 29 2 *"])
def test_expressions_of_five_fields(text):
    assert is_cron(text)


@pytest.mark.parametrize(
    "text",
    ["", "daily", "@daily", "* * * *", "* * * * * *", "61 * * * *", "0 0 31 2 *", "0 6 * * 8"],
)
def test_what_is_no_expression_or_never_comes_due(text):
    assert not is_cron(text)


@given(st.text(max_size=30))
def test_any_text_is_either_an_expression_or_not(text):
    if is_cron(text):
        assert newest_due(text, datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))


@given(moments, st.integers(0, 3 * 24 * 3600), st.sampled_from([1, 5, 30, 60]))
def test_the_newest_due_time_is_that_of_a_plain_count(now, seconds, every):
    """Every so many minutes: the last full multiple, if it came after the last watch."""
    after = now - timedelta(seconds=seconds)
    last = now.replace(minute=now.minute // every * every, second=0, microsecond=0)
    schedule = "0 * * * *" if every == 60 else f"*/{every} * * * *"
    assert newest_due(schedule, after, now) == (last if after < last else None)


@given(moments, st.integers(0, 10 * 24 * 3600), st.integers(0, 23))
def test_watching_twice_finds_nothing_new(now, seconds, hour):
    due = newest_due(f"17 {hour} * * *", now - timedelta(seconds=seconds), now)
    if due is not None:
        assert now - timedelta(days=1) < due <= now
        assert newest_due(f"17 {hour} * * *", due, now) is None
