"""What an endpoint says about its limits, read as it is meant or not at all."""

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.adapters.pacing import LONGEST_WAIT, Pace, retry_after, span

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20", 20), ("1.5s", 1.5), ("6m0s", 360), ("250ms", 0.25), ("1h2m3s", 3723), (" 7S ", 7)],
)
def test_spans_are_read(text, seconds):
    assert span(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1d", "5 minutes", "-3", "nan", "inf", "1s2"])
def test_what_is_no_span_is_not_guessed(text):
    assert span(text) is None


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_span_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert span(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=40))
def test_any_header_is_a_number_of_seconds_or_nothing(text: str) -> None:
    for found in (span(text), retry_after({"retry-after": text}, NOON)):
        assert found is None or found >= 0


@given(st.integers(-100_000, 100_000))
def test_a_date_says_the_time_until_then_and_never_less_than_none(seconds: int) -> None:
    date = format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)
    assert retry_after({"retry-after": date}, NOON) == max(0, seconds)


def test_milliseconds_go_before_seconds():
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}, NOON) == 1.5
    assert retry_after({"retry-after": "9"}, NOON) == 9
    assert retry_after({}, NOON) is None


def test_a_pause_holds_everybody_back_and_ends_when_work_is_stopped():
    pace = Pace()
    begun = time.monotonic()
    pace.wait()
    assert time.monotonic() - begun < 0.1
    pace.pause(0.3)
    pace.pause(0.1)  # a shorter one takes nothing back
    pace.wait()
    assert time.monotonic() - begun >= 0.3
    pace.pause(10 * LONGEST_WAIT)
    waiting = [threading.Thread(target=pace.wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    pace.stop()
    for thread in waiting:
        thread.join(timeout=5)
        assert not thread.is_alive()


def test_with_nothing_left_the_next_request_waits_for_the_reset():
    pace = Pace()
    begun = time.monotonic()
    pace.heard({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "60s"})
    pace.wait()
    assert time.monotonic() - begun < 0.2
    pace.heard({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"})
    pace.wait()
    assert time.monotonic() - begun >= 0.3
