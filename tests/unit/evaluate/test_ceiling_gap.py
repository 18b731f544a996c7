"""The gap to the target, what success costs, and intervals that allow for choosing the best."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.requirements import Prices
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate import ceiling_verdict, cost_of, cost_per_success
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.simultaneous import best_of, wilson_at


def run(name: str, right: int, n: int = 200, kind: str = "zero_shot") -> EvaluationRun:
    return EvaluationRun(
        id=name,
        project="p",
        suite="s",
        arm=Arm.model_validate({"id": name, "arm": kind}),
        model="" if kind == "nearest_neighbour" else "m",
        model_name="" if kind == "nearest_neighbour" else "big",
        score=wilson(right, n),
        valid_share=1.0,
        results="b",
        cpu_seconds=1.0,
        prompt_tokens=1,
        completion_tokens=1,
        created_at="2026-01-01T00:00:00+00:00",
    )


def test_a_gap_is_told_with_its_interval_and_what_it_leaves_out():
    found = ceiling_verdict([run("a", 100), run("b", 120), run("c", 90)], 0.8)
    assert not found.reached
    assert (found.best, found.model, found.prompts) == ("b", "big", 3)
    assert found.gap is not None
    assert found.gap_adjusted is not None
    assert found.gap.value == pytest.approx(0.2)
    low, high = found.gap.low * 100, found.gap.high * 100
    assert found.sentence == (
        f"A gap of 20.0 points (95 % interval {low:.1f} to {high:.1f}, n = 200) remains between "
        "the best prompt (b, big) and the target of 80.0 %."
    )
    assert found.gap_adjusted.low < found.gap.low < found.gap.high < found.gap_adjusted.high
    assert "not adjusted for choosing the best of 3 prompts" in found.notes[0]
    assert "Bonferroni" in found.notes[0]


def test_the_target_is_reached_by_the_point_estimate_and_the_lower_bound_is_told():
    weak = ceiling_verdict([run("a", 162)], 0.8)
    assert weak.reached
    assert weak.sentence.startswith("Prompting reaches the target: the best prompt (a, big) scores")
    assert weak.sentence.endswith("Its lower bound does not reach it.")
    assert weak.notes == (), "one prompt is no choice"
    strong = ceiling_verdict([run("a", 199)], 0.8)
    assert strong.sentence.endswith("the target is 80.0 %.")


def test_a_plain_lookup_is_no_prompt_but_is_told():
    lookup = run("nn", 190, kind="nearest_neighbour")
    found = ceiling_verdict([run("a", 100), lookup], 0.8)
    assert not found.reached
    assert found.notes[-1].startswith("nn, which asks no model, scores 95.0 %")
    assert found.notes[-1].endswith("reaches the target.")
    alone = ceiling_verdict([lookup], 0.8)
    assert (alone.best, alone.gap) == ("", None)
    assert "No prompt has been run" in alone.sentence


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 10), (10, 10), (0, 0), (137, 400)])
def test_wilson_at_95_is_wilson(right, n):
    share = right / n if n else 0.0
    ours, theirs = wilson_at(share, n, 0.95), wilson(right, n)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 90)), min_size=1, max_size=12))
def test_the_adjusted_interval_holds_the_best_score_and_the_single_one(pairs):
    scores = [wilson(right, n) for right, n in pairs]
    found = best_of(scores)
    best = max(scores, key=lambda score: score.value)
    assert found.low <= found.value == best.value <= found.high
    assert found.high >= best.high - 1e-12
    if len(scores) == 1:
        assert (found.low, found.high) == pytest.approx((best.low, best.high))


def test_the_best_of_many_covers_the_truth_where_the_naive_interval_does_not():
    rng = np.random.default_rng(3)
    naive = adjusted = 0
    for _ in range(400):
        scores = [wilson(int(right), 100) for right in rng.binomial(100, 0.5, 30)]
        best = max(scores, key=lambda score: score.value)
        naive += best.low <= 0.5 <= best.high
        found = best_of(scores)
        adjusted += found.low <= 0.5 <= found.high
    assert naive / 400 < 0.8
    assert adjusted / 400 >= 0.95


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="no scores"):
        best_of([])
    for share, n, confidence in ((1.1, 5, 0.9), (0.5, -1, 0.9), (0.5, 5, 1.0)):
        with pytest.raises(ValueError, match="confidence"):
            wilson_at(share, n, confidence)


def test_cost_is_tokens_times_prices():
    prices = Prices(prompt_per_million=2.0, completion_per_million=10.0)
    assert cost_of(prices, 1_000_000, 500_000) == pytest.approx(7.0)


def test_cost_per_success_turns_the_score_round():
    found = cost_per_success(10.0, Interval(value=0.5, low=0.4, high=0.8, n=100))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.125, 0.25))
    none = cost_per_success(10.0, wilson(0, 100))
    assert (none.value, none.high) == (None, None)
    assert none.low is not None
    assert json.loads(none.model_dump_json())["high"] is None
    assert cost_per_success(0.0, wilson(0, 0)).low is None


@given(st.floats(0, 1e6), st.integers(0, 40), st.integers(1, 40))
def test_the_price_lies_in_its_interval(cost, right, more):
    found = cost_per_success(cost, wilson(right, right + more))
    if found.value is not None:
        assert found.low is not None
        assert found.low <= found.value
        assert found.high is None or found.value <= found.high


def test_an_older_row_of_a_run_can_still_be_read():
    new = ("model_name", "derived", "answers", "wall_seconds", "latency", "prices", "cost")
    old = run("a", 5).model_dump(mode="json", exclude={*new, "cost_per_success"})
    found = EvaluationRun.model_validate_json(json.dumps(old))
    assert (found.latency, found.cost, found.model_name) == (None, None, "")
