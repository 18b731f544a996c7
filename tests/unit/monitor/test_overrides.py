from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.monitor import WeekCount, review_overrides, weekly_overrides

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def row(id_: str, days_ago: float, **more: object) -> Interaction:
    facts = {
        "id": id_,
        "route": "r",
        "manifest": "sha256:m",
        "arm": "production",
        "sticky_key": "",
        "sticky": False,
        "created_at": (NOW - timedelta(days=days_ago)).isoformat(),
        "status": 200,
        "stream": False,
        "seconds": 1.0,
        "request": "{}",
        "response": "",
        **more,
    }
    return Interaction.model_validate(facts)


def said(id_: str, source: str = "override") -> Feedback:
    return Feedback.model_validate(
        {
            "id": f"f{id_}{source}",
            "interaction": id_,
            "score": 0,
            "source": source,
            "created_at": NOW.isoformat(),
        }
    )


@pytest.mark.parametrize(
    ("weeks", "baseline", "triggered"),
    [
        ([(15, 100), (15, 100)], 0.08, True),
        ([(8, 100), (15, 100)], 0.08, False),
        ([(15, 100), (8, 100)], 0.08, False),
        ([(15, 100)], 0.08, False),
        ([], 0.08, False),
        ([(3, 20), (3, 20)], 0.08, False),
        ([(1_300, 10_000), (1_300, 10_000)], 0.08, True),
        ([(1_299, 10_000), (1_300, 10_000)], 0.08, False),
        ([(15, 100), (0, 0)], 0.08, False),
        ([(90, 100), (15, 100), (15, 100)], 0.08, True),
    ],
)
def test_two_weeks_in_a_row_clearly_and_by_five_points(weeks, baseline, triggered):
    found = review_overrides([WeekCount(*week) for week in weeks], baseline=baseline)
    assert found.triggered is triggered
    assert f"{baseline:.1%}" in found.text or len(weeks) < 2


def test_the_words_carry_n_and_both_intervals():
    found = review_overrides([WeekCount(15, 100), WeekCount(16, 100)], baseline=0.08)
    assert found.text == (
        "Overrides a week: 15.0% [9.3%, 23.3%] of n = 100, then 16.0% [10.1%, 24.4%] of n = 100; "
        "above the 8.0% at release two weeks in a row."
    )


def test_without_a_share_at_release_the_weeks_are_shown_and_wake_nobody():
    found = review_overrides([WeekCount(90, 100), WeekCount(90, 100)], baseline=None)
    assert not found.triggered
    assert len(found.weeks) == 2
    assert found.text.endswith("their share at release is not known.")


@pytest.mark.parametrize("baseline", [-0.1, 1.1, float("nan")])
def test_a_baseline_is_a_share(baseline):
    with pytest.raises(ValueError, match="baseline"):
        review_overrides([], baseline=baseline)


def test_weeks_are_counted_back_from_now():
    rows = [
        row("a", 1),
        row("b", 6.9),
        row("c", 7.1),
        row("d", 13.9),
        row("e", 14.1),
        row("f", -1),
        row("g", 1, arm="shadow"),
        row("h", 1, status=403),
    ]
    notes = [said("a"), said("a"), said("c"), said("b", "user"), said("g"), said("e")]
    assert weekly_overrides(rows, notes, now=NOW) == (WeekCount(1, 2), WeekCount(1, 2))


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 300)).map(
            lambda pair: WeekCount(min(pair), max(pair))
        ),
        max_size=5,
    ),
    st.floats(0, 1),
)
def test_a_trigger_always_has_both_weeks_above(weeks, baseline):
    found = review_overrides(weeks, baseline=baseline)
    if found.triggered:
        assert len(found.weeks) == 2
        assert all(week.low > baseline and week.n > 0 for week in found.weeks)
        assert all(week.value >= baseline + 0.05 - 1e-6 for week in found.weeks)
