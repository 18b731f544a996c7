from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import ConflictProblem
from tuneworthy.core.nouns.project import RolloutSettings
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.serve.blocks import Block, BlockCounter, blocks_from
from tuneworthy.serve.ratings import Ratings, Unrated
from tuneworthy.serve.rollout import RolloutState, begin, observe, promote, roll_back

Arm = Literal["production", "canary"]
SETTINGS = RolloutSettings()
FIRST: tuple[tuple[Arm, bool], ...] = (
    ("production", True),
    ("production", False),
    ("canary", True),
)


def fresh(settings: RolloutSettings = SETTINGS) -> RolloutState:
    return begin(
        "ro-1",
        route="r",
        candidate="m2",
        control="m1",
        settings=settings,
        created_at="2026-01-01T00:00:00+00:00",
    )


def traffic(
    state: RolloutState,
    rng: np.random.Generator,
    control: float,
    canary: float,
    looks: int,
    per_look: int = 40,
) -> RolloutState:
    """Random requests at the state's share, looked at after every ``per_look``."""
    counter = BlockCounter()
    for _ in range(looks):
        if state.ended:
            break
        for _ in range(per_look):
            arm: Arm = "canary" if rng.random() * 100 < state.percent else "production"
            rate = canary if arm == "canary" else control
            counter.add(arm, success=bool(rng.random() < rate), error=False)
        state = observe(state, counter.take())
    return state


def test_a_good_canary_climbs_every_stage_and_is_promoted():
    state = traffic(fresh(), np.random.default_rng(3), 0.98, 0.98, looks=400)
    rollout = state.rollout
    assert rollout.state == "promoted"
    assert [result.percent for result in rollout.results] == [5, 25, 50]
    assert {result.outcome for result in rollout.results} == {"passed"}
    assert all(result.canary_requests >= 60 for result in rollout.results)
    assert rollout.results[-1].e_value_promote >= 20
    assert state.percent == 0


def test_a_bad_canary_is_rolled_back_with_the_cause():
    state = traffic(fresh(), np.random.default_rng(4), 0.95, 0.6, looks=400)
    assert state.rollout.state == "rolled_back"
    assert "harm e-value" in state.rollout.cause
    assert state.rollout.results[-1].outcome == "rolled_back"
    assert state.rollout.results[-1].e_value_harm >= 20


def test_the_breaker_needs_no_statistics():
    state = observe(fresh(), [Block(n_canary=20, canary_errors=11)])
    assert state.rollout.state == "rolled_back"
    assert "11 of the canary's last 20" in state.rollout.cause
    assert observe(fresh(), [Block(n_canary=20, canary_errors=10)]).rollout.state == "running"
    assert observe(fresh(), [Block(n_canary=19, canary_errors=19)]).rollout.state == "running"


def test_the_breaker_sees_a_late_break_in_a_long_stage():
    patient = RolloutSettings(requests_per_stage=10_000)
    good = Block(n_control=19, s_control=10, n_canary=1, s_canary=1)
    bad = Block(n_control=1, s_control=0, n_canary=1, s_canary=0, canary_errors=1)
    state = observe(fresh(patient), [good] * 500)
    assert state.rollout.state == "running"
    # Control fails as well, so the harm test rests; the breaker does not.
    assert observe(state, [bad] * 25).rollout.state == "rolled_back"


def test_wrong_answers_of_both_arms_do_not_break_the_circuit():
    rng = np.random.default_rng(5)
    assert traffic(fresh(), rng, 0.3, 0.3, looks=30).rollout.state != "rolled_back"


def test_no_traffic_changes_nothing():
    state = fresh()
    assert observe(state, []) == state
    assert observe(state, [Block()]).rollout.state == "running"
    assert observe(state, [Block(n_control=1000, s_control=1000)]).percent == 5


def test_one_batch_passes_one_stage_at_most():
    good = Block(n_control=1, s_control=1, n_canary=1, s_canary=1)
    state = observe(fresh(), [good] * 500)
    assert state.percent == 25
    assert state.canary_requests == 0
    assert state.rollout.results[0].canary_requests == 500


def test_suspected_harm_keeps_the_stage():
    rows = [Block(n_control=19, s_control=15, n_canary=1, s_canary=1)] * 55
    state = observe(fresh(), rows)
    while state.harm.e_value < 20**0.5:
        rows.append(Block(n_control=19, s_control=15, n_canary=1))
        state = observe(fresh(), rows)
    assert state.harm.e_value < 20
    assert state.canary_requests >= 60
    assert (state.rollout.state, state.percent) == ("running", 5)


def test_the_last_stage_waits_for_proof_or_a_person():
    alone = RolloutSettings(stages=(50,), requests_per_stage=10)
    mixed = [Block(n_control=2, s_control=1, n_canary=2, s_canary=1)] * 5
    state = observe(fresh(alone), mixed)
    assert state.rollout.state == "held"
    assert state.percent == 50
    assert "a person may promote" in state.rollout.cause
    assert promote(state, "Ana looked at it.").rollout.state == "promoted"
    better = observe(state, [Block(n_control=1, s_control=1, n_canary=1, s_canary=1)] * 120)
    assert better.rollout.state == "promoted"
    worse = observe(state, [Block(n_control=1, s_control=1, n_canary=1)] * 30)
    assert worse.rollout.state == "rolled_back"


def test_people_end_a_rollout_only_once_and_promote_only_at_the_end():
    with pytest.raises(ConflictProblem, match="not its last stage"):
        promote(fresh(), "hurry")
    ended = roll_back(fresh(), "drill")
    assert (ended.rollout.state, ended.rollout.cause) == ("rolled_back", "drill")
    with pytest.raises(ConflictProblem, match="already ended"):
        roll_back(ended, "again")
    assert observe(ended, [Block(n_canary=5)]) == ended


def test_state_survives_being_stored():
    state = traffic(fresh(), np.random.default_rng(6), 0.9, 0.9, looks=10)
    assert RolloutState.model_validate_json(state.model_dump_json()) == state


def test_false_rollbacks_are_rare_while_both_arms_drift_up_the_ramp():
    rolled, runs = 0, 120
    patient = RolloutSettings(requests_per_stage=100)
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        state, counter = fresh(patient), BlockCounter()
        for look in range(60):
            rate = 0.9 - 0.2 * look / 60
            for _ in range(20):
                arm: Arm = "canary" if rng.random() * 100 < state.percent else "production"
                counter.add(arm, success=bool(rng.random() < rate), error=False)
            state = observe(state, counter.take())
        rolled += state.rollout.state == "rolled_back"
    # At most 5 % in the long run; 13 or more of 120 would happen in under 1 % of such runs.
    assert rolled < 13


def test_blocks_close_with_both_arms_and_keep_the_open_one():
    counter = BlockCounter()
    for arm, success in FIRST:
        counter.add(arm, success=success, error=False)
    counter.add("production", success=True, error=False)
    assert counter.take() == (Block(n_control=2, s_control=1, n_canary=1, s_canary=1),)
    assert counter.take() == ()
    counter.add("canary", success=False, error=True)
    assert counter.take() == (
        Block(n_control=1, s_control=1, n_canary=1, s_canary=0, canary_errors=1),
    )


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["production", "canary"]), st.booleans(), st.booleans()),
        max_size=200,
    )
)
def test_no_request_is_counted_twice_and_only_the_open_block_is_missing(rows):
    counter = BlockCounter()
    for arm, success, error in rows:
        counter.add(arm, success=success, error=error)
    blocks = counter.take()
    canary = sum(block.n_canary for block in blocks)
    assert canary <= sum(arm == "canary" for arm, _, _ in rows) < canary + 20 or not rows
    assert sum(block.n_control for block in blocks) <= len(rows) - canary
    assert all(block.s_canary <= block.n_canary for block in blocks)


def test_blocks_from_recorded_interactions():
    def seen(
        arm: Literal["production", "canary", "shadow"],
        status: int,
        response: str = "ok",
        name: str = "i",
    ) -> Interaction:
        return Interaction(
            id=name,
            route="r",
            manifest="m",
            arm=arm,
            sticky_key="k",
            sticky=True,
            created_at="",
            status=status,
            stream=False,
            seconds=0,
            request="",
            response=response,
        )

    rows = [
        seen("shadow", 200),
        seen("canary", 499),
        seen("production", 403),
        seen("production", 200),
        seen("production", 200, "bad"),
        seen("canary", 502, name="j-canary"),
        seen("production", 200, name="j"),
        seen("canary", 200, name="k"),
    ]
    assert blocks_from(rows, lambda text: text == "ok") == (
        Block(n_control=2, s_control=1, n_canary=1, s_canary=0, canary_errors=1),
    )


def test_a_canary_that_dies_in_the_last_stage_is_never_promoted_on_its_past():
    """A strong first stage must not carry a dead canary over the last one before the breaker."""
    settings_ = RolloutSettings(stages=(25, 50), requests_per_stage=12)
    good = [Block(n_control=3, s_control=0, n_canary=1, s_canary=1)] * 40
    state = observe(fresh(settings_), good)
    assert state.stage == 1
    dead = Block(n_control=1, s_control=0, n_canary=1, s_canary=0, canary_errors=1)
    for _ in range(30):
        state = observe(state, [dead])
        assert state.rollout.state != "promoted"
    assert state.rollout.state == "rolled_back"
    assert "ended in an error" in state.rollout.cause


def test_ratings_are_the_outcomes_and_answers_without_one_only_keep_the_breaker_calm():
    counter = BlockCounter()
    for _ in range(30):
        counter.add_unrated()
    counter.add("canary", success=False, error=True)
    counter.add_rating("production", success=True)
    counter.add_rating("canary", success=True)
    counter.add_rating("production", success=False)
    first, second = counter.take()
    assert (first.n_canary, first.s_canary, first.canary_errors, first.ended_canary) == (
        1,
        0,
        1,
        31,
    )
    assert (second.n_control, second.n_canary, second.s_canary, second.ended_canary) == (1, 1, 1, 0)


@given(st.lists(st.sampled_from(["unrated", "rated", "error"]), max_size=120), st.integers(0, 9))
def test_the_breaker_asks_how_many_requests_ended_not_how_many_were_rated(events, seed):
    """Few ratings beside some errors must not look like a canary that mostly fails."""
    state, counter = fresh(RolloutSettings(stages=(50,), requests_per_stage=10_000)), BlockCounter()
    rng = np.random.default_rng(seed)
    errors = ended = 0
    for event in events:
        if event == "error":
            counter.add("canary", success=False, error=True)
            errors, ended = errors + 1, ended + 1
        elif event == "unrated":
            counter.add_unrated()
            ended += 1
        else:
            counter.add_rating("canary", success=True)
        if rng.random() < 0.5:
            counter.add_rating("production", success=True)
        state = observe(state, counter.take())
    if ended < 20:
        assert "ended in an error" not in state.rollout.cause
    if not errors:
        assert state.rollout.state != "rolled_back"


def test_a_rating_counts_once_and_the_oldest_answers_are_forgotten():
    ratings = Ratings(most=2)
    for name in "abc":
        ratings.wait_for(name, Unrated("r", "m"))
    assert ratings.take("a") is None
    assert ratings.take("b") == Unrated("r", "m")
    assert ratings.take("b") is None
