import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tuneworthy.methods.preference import (
    always_bounds,
    always_p,
    crossed,
    e_path,
    n_pairs,
    pairs_power,
    units_more,
)
from tuneworthy.methods.sequential import LAMBDAS

ALPHA = 0.05
scores = st.lists(st.sampled_from([0.0, 0.5, 1.0, 0.25]), min_size=1, max_size=40)


def by_hand(values: Sequence[float], mean: float) -> list[float]:
    """The mean wealth over the stakes, one unit after another."""
    wealth = [1.0] * (2 * len(LAMBDAS))
    path = []
    for value in values:
        stakes = [s / mean for s in LAMBDAS] + [-s / (1 - mean) for s in LAMBDAS]
        wealth = [w * (1 + s * (value - mean)) for w, s in zip(wealth, stakes, strict=True)]
        path.append(sum(wealth) / len(wealth))
    return path


@given(scores, st.sampled_from([0.1, 0.5, 0.7]))
def test_the_evidence_is_the_mean_wealth_of_the_bets(values: list[float], mean: float) -> None:
    assert e_path(values, mean).tolist() == pytest.approx(by_hand(values, mean), rel=1e-9)


@given(scores)
def test_each_bet_is_fair_where_the_mean_is_true(values: list[float]) -> None:
    """Next to any past, the evidence after a fair coin is on average what it was before."""
    before = e_path(values)[-1]
    after = [e_path([*values, coin])[-1] for coin in (0.0, 1.0)]
    assert sum(after) / 2 == pytest.approx(before, rel=1e-9)


@given(scores)
def test_turning_the_sides_round_turns_all(values: list[float]) -> None:
    turned = [1 - value for value in values]
    assert e_path(turned).tolist() == pytest.approx(e_path(values).tolist(), rel=1e-9)
    low, high = always_bounds(values)
    back = always_bounds(turned)
    assert (1 - back.high, 1 - back.low) == pytest.approx((low, high), abs=1e-9)
    assert always_p(values) == pytest.approx(always_p(turned))


@settings(max_examples=50)
@given(scores)
def test_bounds_hold_the_mean_seen_and_refuse_what_the_test_refuses(values: list[float]) -> None:
    low, high = always_bounds(values, ALPHA)
    assert 0 <= low <= np.mean(values) <= high <= 1
    if crossed(values, ALPHA) is not None:
        assert not low + 0.005 < 0.5 < high - 0.005
    for mean in (0.1, 0.35, 0.9):
        if not low <= mean <= high:
            assert crossed(values, ALPHA, mean) is not None


def test_bounds_only_get_narrower() -> None:
    values = (np.random.default_rng(3).random(300) < 0.7).astype(float)
    widths = [np.subtract(*always_bounds(values[:n].tolist())[::-1]) for n in (10, 50, 150, 300)]
    assert widths == sorted(widths, reverse=True)
    assert always_bounds([]) == (0.0, 1.0)


def test_looking_after_every_pair_seldom_calls_an_even_race() -> None:
    rng = np.random.default_rng(5)
    hits = missed = 0
    for ties in (0.0, 0.4):
        for _ in range(150):
            draws = rng.choice([0, 0.5, 1], 200, p=[(1 - ties) / 2, ties, (1 - ties) / 2]).tolist()
            hits += crossed(draws, ALPHA) is not None
            low, high = always_bounds(draws, ALPHA)
            missed += not low <= 0.5 <= high
    assert hits / 300 <= ALPHA
    assert missed / 300 <= ALPHA


def test_a_plain_preference_is_called_soon() -> None:
    rng = np.random.default_rng(6)
    at = [crossed((rng.random(200) < 0.75).astype(float).tolist(), ALPHA) for _ in range(100)]
    assert sum(one is not None for one in at) >= 97
    assert np.median([one or 200 for one in at]) < 60


def test_about_how_many_more() -> None:
    five = [1.0, 0.0, 1.0, 0.0, 1.0]
    values = five * 6
    more = units_more(values)
    assert more is not None
    assert more > 0
    assert crossed(values + five * math.ceil(more / 5 + 1), ALPHA) is not None
    assert crossed(values + five * (more // 10), ALPHA) is None
    assert units_more([1.0] * 30) == 0
    assert units_more([]) is None
    assert units_more([0.5] * 30) is None
    assert units_more([0.0, 1.0] * 30) is None


def sign_power(n: int, gain: float) -> float:
    """Chance that the two-sided exact sign test is below alpha in the right direction."""
    most = [k for k in range(n + 1) if stats.binomtest(k, n).pvalue < ALPHA and k < n / 2]
    return float(stats.binom.cdf(most[-1], n, (1 - gain) / 2)) if most else 0.0


@pytest.mark.parametrize("gain", [0.2, 0.3, 0.5])
def test_the_planned_pairs_have_the_power_of_the_exact_sign_test(gain: float) -> None:
    n = n_pairs(gain)
    assert sign_power(n, gain) >= 0.8
    assert pairs_power(n, gain) == pytest.approx(sign_power(n, gain), abs=1e-9)
    # The power goes up in steps: a few below the plan it is not reached.
    assert n == 30 or sign_power(n - max(3, n // 20), gain) < 0.8


def test_ties_change_the_plan() -> None:
    assert n_pairs(0.2, ties=0.5) < n_pairs(0.2), "a gain among few decided pairs stands out"
    assert pairs_power(0, 0.2) == 0
    for gain, ties in ((0.0, 0.0), (1.1, 0.0), (0.6, 0.5), (0.1, 1.0)):
        with pytest.raises(ValueError, match="a gain of"):
            n_pairs(gain, ties=ties)


def test_what_is_no_score_is_refused() -> None:
    for bad in ([1.5], [-0.1], [math.nan]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            e_path(bad)
    with pytest.raises(ValueError, match="a mean of"):
        e_path([1.0], 1.0)
