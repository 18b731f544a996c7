import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.monitor import DayScore, check_decay


def test_the_mean_counts_answers_not_days():
    days = [DayScore(0.9, 100)] * 6 + [DayScore(0.0, 1)]
    found = check_decay(days, baseline=0.9)
    assert found.n == 601
    assert found.level == pytest.approx(540 / 601)
    assert not found.alert


def test_the_floor_itself_raises_no_alert():
    assert not check_decay([DayScore(0.9, 10)], baseline=1.0, least=0.9).alert
    assert check_decay([DayScore(0.8999, 10)], baseline=1.0, least=0.9).alert


def test_no_answers_is_not_known_and_wakes_nobody():
    for days in ([], [DayScore(0.0, 0)] * 20):
        found = check_decay(days, baseline=0.9)
        assert (found.level, found.trend, found.alert) == (None, None, False)
        assert found.text == "No answer was judged in the last 7 days."


def test_the_trend_compares_windows_that_share_no_day():
    days = [DayScore(0.5, 10)] * 3 + [DayScore(0.9, 10)] * 7 + [DayScore(0.8, 10)] * 7
    found = check_decay(days, baseline=0.9)
    assert found.trend == pytest.approx(-0.1)
    assert check_decay(days[-7:], baseline=0.9).trend is None


@pytest.mark.parametrize(
    ("baseline", "least", "window"), [(0, 0.9, 7), (1.1, 0.9, 7), (0.9, 0, 7), (0.9, 0.9, 0)]
)
def test_bounds_are_checked(baseline, least, window):
    with pytest.raises(ValueError, match="baseline"):
        check_decay([], baseline=baseline, least=least, window=window)


@given(
    st.lists(st.builds(DayScore, st.floats(0, 1), st.integers(0, 50)), min_size=1, max_size=40),
    st.floats(0.01, 1),
)
def test_days_before_the_window_never_move_the_alert(days, baseline):
    whole = check_decay(days, baseline=baseline)
    newest = check_decay(days[-7:], baseline=baseline)
    assert (whole.level, whole.alert, whole.floor) == (newest.level, newest.alert, newest.floor)
