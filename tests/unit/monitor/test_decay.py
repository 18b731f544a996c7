from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.monitor import DayScore, check_decay, daily_scores, newest_scores

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def said(id_: str, score: float, source: str, minute: int = 0) -> Feedback:
    facts = {"interaction": id_, "score": score, "source": source}
    at = (NOW + timedelta(minutes=minute)).isoformat()
    return Feedback.model_validate({"id": f"{id_}{source}{minute}", "created_at": at, **facts})


def answer(id_: str, days_ago: float) -> Interaction:
    return Interaction(
        id=id_,
        route="r",
        manifest="sha256:m",
        arm="production",
        sticky_key="",
        sticky=False,
        created_at=(NOW - timedelta(days=days_ago)).isoformat(),
        status=200,
        stream=False,
        seconds=1.0,
        request="{}",
        response="",
    )


def test_the_mean_counts_answers_not_days():
    days = [DayScore(0.9, 100)] * 6 + [DayScore(0.0, 1)]
    found = check_decay(days, baseline=0.9)
    assert found.level is not None
    assert found.level.n == 601
    assert found.level.value == pytest.approx(540 / 601)
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


def test_a_few_poor_answers_wake_nobody():
    few = check_decay([DayScore(0.8, 10)], baseline=0.9)
    assert not few.alert
    assert few.text.endswith("With 10 answers that may be chance.")
    assert check_decay([DayScore(0.8, 100)], baseline=0.9).alert
    tiny_but_sure = check_decay([DayScore(0.89, 100_000)], baseline=0.9)
    assert not tiny_but_sure.alert


def test_the_newest_word_of_a_source_counts_on_the_day_of_its_answer():
    words = [
        said("a", 1.0, "check", minute=1),
        said("a", 0.0, "check", minute=2),
        said("a", 1.0, "user", minute=3),
        said("b", 7.0, "check"),
        said("c", 1.0, "check"),
    ]
    scores = newest_scores(words, "check")
    assert scores == {"a": 0.0, "b": 1.0, "c": 1.0}
    rows = [answer("a", 0.5), answer("b", 0.5), answer("c", 13.5), answer("d", 1.5)]
    days = daily_scores(rows, scores, now=NOW)
    assert len(days) == 14
    assert (days[0], days[12], days[13]) == ((1.0, 1), (0.0, 0), (0.5, 2))
    assert daily_scores([answer("c", 14.5), answer("c", -1)], scores, now=NOW) == ((0.0, 0),) * 14


@given(
    st.lists(st.builds(DayScore, st.floats(0, 1), st.integers(0, 50)), min_size=1, max_size=40),
    st.floats(0.01, 1),
)
def test_days_before_the_window_never_move_the_alert(days, baseline):
    whole = check_decay(days, baseline=baseline)
    newest = check_decay(days[-7:], baseline=baseline)
    assert (whole.level, whole.alert, whole.floor) == (newest.level, newest.alert, newest.floor)
