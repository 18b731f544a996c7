from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.sequential import BettingHarmTest, HarmTest, PromoteTest

ALPHA = 0.05
RUNS = 120


def first_rejection(test: Any, control: Any, canary: Any) -> Any:
    """The first look (block) at which the test rejects, or None; arrays of successes and sizes."""
    for look, (a, b) in enumerate(zip(control, canary, strict=True), 1):
        test = test.update(a[0], a[1], b[0], b[1])
        if test.rejects(ALPHA):
            return look
    return None


def arm(rng: Any, sizes: Any, rates: Any) -> Any:
    return [(int(n), int(s)) for n, s in zip(sizes, rng.binomial(sizes, rates), strict=True)]


def share_rejected(
    make: Any,
    looks: Any,
    sizes_a: Any,
    sizes_b: Any,
    rate_a: Any,
    rate_b: Any,
    seed: Any,
    runs: Any = RUNS,
) -> Any:
    rng = np.random.default_rng(seed)
    full = np.ones(looks, dtype=int)
    hits = 0
    for _ in range(runs):
        control = arm(rng, full * sizes_a, np.broadcast_to(rate_a, looks))
        canary = arm(rng, full * sizes_b, np.broadcast_to(rate_b, looks))
        hits += first_rejection(make(), control, canary) is not None
    return hits / runs


@pytest.mark.parametrize("make", [HarmTest, BettingHarmTest])
def test_400_looks_seldom_roll_back_an_identical_canary(make):
    # alpha plus two standard errors of 120 runs
    assert share_rejected(make, 400, 19, 1, 0.8, 0.8, seed=1) <= 0.05 + 0.040


@pytest.mark.parametrize("make", [HarmTest, BettingHarmTest])
def test_a_ramp_while_both_arms_get_worse_is_not_harm(make):
    looks = 90
    canary = np.repeat([1, 5, 10], 30)
    rate = np.linspace(0.9, 0.7, looks)
    assert share_rejected(make, looks, 20 - canary, canary, rate, rate, seed=2) <= 0.05 + 0.040


@pytest.mark.parametrize("make", [HarmTest, BettingHarmTest])
def test_a_better_canary_is_not_rolled_back(make):
    assert share_rejected(make, 100, 10, 10, 0.80, 0.83, seed=3) <= 0.03


@pytest.mark.parametrize("make", [HarmTest, BettingHarmTest])
def test_a_drop_from_95_to_70_is_found_within_200_canary_requests(make):
    assert share_rejected(make, 40, 95, 5, 0.95, 0.70, seed=4) >= 0.95


def test_a_drop_from_98_to_95_is_found_at_a_5_percent_canary():
    assert share_rejected(HarmTest, 60, 380, 20, 0.98, 0.95, seed=5, runs=60) >= 0.9


def test_an_equal_canary_is_promoted():
    def make() -> Any:
        return PromoteTest(margin=0.05)

    assert share_rejected(make, 450, 2, 2, 0.9, 0.9, seed=6, runs=60) >= 0.75


def test_a_canary_at_the_margin_is_seldom_promoted():
    def make() -> Any:
        return PromoteTest(margin=0.05)

    assert share_rejected(make, 200, 10, 10, 0.90, 0.85, seed=7) <= 0.05 + 0.040


def test_formulas_by_hand():
    test = HarmTest().update(10, 9, 10, 6)
    # The first block has no earlier one: the control rate is 1/2, delta 0.4 makes the canary 0.1.
    null = (10 * 0.5 + 10 * 0.1) / 20
    by_hand = (0.5 / null) ** 9 * (0.5 / (1 - null)) * (0.1 / null) ** 6 * (0.9 / (1 - null)) ** 4
    assert np.exp(test.log_wealth[-1]) == pytest.approx(by_hand)
    bet = BettingHarmTest().update(10, 9, 10, 6)
    assert np.exp(bet.log_wealth[-1]) == pytest.approx(1 + 0.999 * 0.3)
    promote = PromoteTest(margin=0.05).update(10, 9, 10, 10)
    assert np.exp(promote.log_wealth[-1]) == pytest.approx(1 + 0.999 * 0.15 / 1.05)
    assert promote.e_value == pytest.approx(np.mean(np.exp(promote.log_wealth)))


@settings(deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.floats(0.05, 0.95),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=3),
)
def test_a_block_is_an_e_variable_under_equal_rates(n_a, n_b, rate, past):
    """Exact, not simulated: the expected factor over every outcome of a block is at most 1."""
    state = HarmTest()
    for a, b in past:
        state = state.update(8, a, 8, b)
    chance_a = [_binomial(n_a, s, rate) for s in range(n_a + 1)]
    chance_b = [_binomial(n_b, s, rate) for s in range(n_b + 1)]
    expected = sum(
        pa * pb * np.exp(np.array(state.update(n_a, a, n_b, b).log_wealth) - state.log_wealth)
        for a, pa in enumerate(chance_a)
        for b, pb in enumerate(chance_b)
    )
    assert np.all(expected <= 1 + 1e-9)


def _binomial(n: Any, k: Any, p: Any) -> Any:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


@pytest.mark.parametrize("test", [HarmTest(), BettingHarmTest(), PromoteTest(margin=0.02)])
def test_a_state_is_frozen_and_survives_storage(test):
    after = test.update(20, 18, 5, 4).update(20, 18, 5, 2)
    assert test.e_value == 1.0
    assert (after.blocks, after.n_a, after.n_b) == (2, 40, 10)
    restored = type(test).model_validate_json(after.model_dump_json())
    assert restored == after
    assert restored.update(20, 19, 5, 5).e_value == after.update(20, 19, 5, 5).e_value


@pytest.mark.parametrize("test", [HarmTest(), BettingHarmTest(), PromoteTest(margin=0.02)])
def test_a_block_with_an_empty_arm_says_nothing(test):
    assert test.update(10, 3, 0, 0).e_value == 1.0
    assert test.update(0, 0, 10, 3).e_value == 1.0
    assert test.update(0, 0, 0, 0).e_value == 1.0


@pytest.mark.parametrize("test", [HarmTest(), BettingHarmTest(), PromoteTest(margin=0.02)])
def test_impossible_counts_are_refused(test):
    with pytest.raises(ValueError, match="6 successes out of 5"):
        test.update(10, 5, 5, 6)
    with pytest.raises(ValueError, match="-1 successes out of 10"):
        test.update(10, -1, 5, 5)


def test_overwhelming_evidence_stays_a_finite_number():
    test = HarmTest()
    for _ in range(50):
        test = test.update(10_000, 10_000, 10_000, 0)
    assert 1e250 < test.e_value < float("inf")
