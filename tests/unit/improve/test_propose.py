from typing import Any

import pytest

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.monitoring import DriftResult, Health
from tuneworthy.improve import propose
from tuneworthy.methods.intervals import wilson
from tuneworthy.monitor import DayScore, WeekCount, check_decay, review_overrides

STAMP = "2026-03-08T00:00:00+00:00"


def drift(p_value: Any, alpha: Any = 0.05) -> Any:
    return DriftResult(
        reference=100,
        window=50,
        p_mmd=p_value,
        p_novelty=1,
        p_value=p_value,
        alpha=alpha,
        drifted=p_value <= alpha,
        novel_share=0.2,
    )


def state(
    manifest: Any = "sha256:m", good: Any = None, errors: Any = 0, overrides: Any = 0, n: Any = 100
) -> Any:
    return Health(
        manifest=manifest,
        requests=n,
        success=wilson(n - errors, n),
        errors=wilson(errors, n),
        overrides=wilson(overrides, n),
        quality=None if good is None else wilson(good, n),
    )


def suggest(drift_: Any = None, health: Any = (), **more: Any) -> Any:
    facts = {"project": "p", "evidence": ("e1",), "created_at": STAMP, **more}
    return propose(drift_, health, **facts)


def action(*args: Any, **more: Any) -> Any:
    found = suggest(*args, **more)
    return found and found.action


def test_quiet_signals_propose_nothing():
    assert suggest() is None
    assert suggest(drift(0.3), [state(good=95)], target=0.9) is None


@pytest.mark.parametrize(
    ("p_value", "earlier", "wanted"),
    [
        (0.001, [], "retrain"),
        (0.002, [0.9, 0.9], "retrain"),
        (0.01, [0.01, 0.9], "retrain"),
        (0.01, [0.9, 0.01], "retrain"),
        (0.01, [], "investigate"),
        (0.01, [0.01, 0.9, 0.9], "investigate"),
        (0.06, [0.001, 0.001], None),
    ],
)
def test_drift_needs_a_strict_level_or_two_of_three_windows(p_value, earlier, wanted):
    assert action(drift(p_value), earlier=[drift(p) for p in earlier]) == wanted


def test_failures_come_before_everything():
    assert action(drift(0.001), [state(errors=20)]) == "investigate"
    # Three of a hundred may be chance: the interval reaches below the limit.
    assert suggest(None, [state(errors=3)]) is None


def test_a_version_that_is_surely_worse_goes_back():
    before, after = state("sha256:1", good=95), state("sha256:2", good=60)
    assert action(None, [before, after]) == "roll_back"
    assert action(None, [state("sha256:1", good=80), state("sha256:2", good=75)]) is None


def test_poor_answers_to_known_requests_ask_for_a_better_prompt():
    assert action(drift(0.5), [state(good=60)], target=0.9) == "repair_prompt"
    assert action(drift(0.5), [state(good=85)], target=0.9) is None
    assert action(drift(0.5), [state(overrides=40)]) == "repair_prompt"
    assert action(drift(0.5), [state(overrides=22)]) is None


def test_a_retrain_goes_through_the_gates_and_promotes_nothing():
    found = suggest(drift(0.001))
    assert found is not None
    assert "four gates" in found.steps[-1]
    assert found.state == "open"
    assert found.evidence == ("e1",)
    assert "20% of 50 requests" in found.reason


def test_the_same_proposal_is_not_made_twice_in_a_week():
    old = suggest(drift(0.001), created_at="2026-03-02T00:00:00+00:00")
    assert old is not None
    assert suggest(drift(0.001), previous=[old]) is None
    late = "2026-03-09T00:00:01+00:00"
    assert action(drift(0.001), previous=[old], created_at=late) == "retrain"
    assert action(None, [state(errors=20)], previous=[old]) == "investigate"
    elsewhere = old.model_copy(update={"project": "q"})
    assert action(drift(0.001), previous=[elsewhere]) == "retrain"


def test_an_interval_that_touches_the_target_is_not_poor():
    edge = state().model_copy(update={"quality": Interval(value=0.8, low=0.7, high=0.9, n=50)})
    assert suggest(None, [edge], target=0.9) is None


FALLEN = check_decay([DayScore(0.7, 500)], baseline=0.9)
HELD = check_decay([DayScore(0.9, 500)], baseline=0.9)
RISEN = review_overrides([WeekCount(15, 100), WeekCount(15, 100)], baseline=0.08)


def test_a_fall_since_release_asks_first_whether_the_requests_have_changed():
    assert action(decays=[HELD]) is None
    assert action(decays=[HELD, FALLEN]) == "investigate"
    assert action(drift(0.3), decays=[FALLEN]) == "repair_prompt"
    assert action(drift(0.001), decays=[FALLEN]) == "retrain"
    assert action(None, [state(errors=50)], decays=[FALLEN]) == "investigate"


def test_k20_overrides_that_rise_two_weeks_in_a_row_open_a_proposal():
    assert action(drift(0.3), overrides=RISEN) == "repair_prompt"
    quiet = RISEN.model_copy(update={"triggered": False})
    assert action(overrides=quiet) is None
    both = suggest(decays=[FALLEN], overrides=RISEN)
    assert "worse than at release" in both.reason
    assert "two weeks in a row" in both.reason
