import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tuneworthy.methods.intervals import mean_interval, quantile_interval, wilson


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_an_independent_implementation(case):
    successes, n = case
    theirs = stats.binomtest(successes, n).proportion_ci(0.95, "wilson")
    ours = wilson(successes, n)
    assert ours.value == successes / n
    assert math.isclose(ours.low, theirs.low, abs_tol=1e-9)
    assert math.isclose(ours.high, theirs.high, abs_tol=1e-9)


def test_wilson_of_nothing_knows_nothing():
    assert (wilson(0, 0).low, wilson(0, 0).high, wilson(0, 0).n) == (0.0, 1.0, 0)


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ValueError, match="3 successes out of 2"):
        wilson(3, 2)


def test_binary_scores_get_wilson():
    assert mean_interval([1, 0, 1, 1]) == wilson(3, 4)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_interval_holds_the_mean_and_stays_in_bounds(scores):
    interval = mean_interval(scores)
    assert 0 <= interval.low <= interval.value + 1e-12
    assert interval.value - 1e-12 <= interval.high <= 1
    assert interval.n == len(scores)
    assert math.isclose(interval.value, sum(scores) / len(scores), abs_tol=1e-9)


def test_bca_agrees_with_scipy_on_skewed_scores():
    scores = np.random.default_rng(3).beta(0.3, 3, 15)
    # The same bootstrap at the level that Student's t and the small sample ask for.
    reach = stats.t.ppf(0.975, 14) * math.sqrt(15 / 14)
    theirs = stats.bootstrap(
        (scores,),
        np.mean,
        n_resamples=20_000,
        confidence_level=2 * stats.norm.cdf(reach) - 1,
        method="BCa",
        random_state=5,
    ).confidence_interval
    ours = mean_interval(list(scores))
    assert ours.low == pytest.approx(theirs.low, abs=0.002)
    assert ours.high == pytest.approx(theirs.high, abs=0.004)


def test_the_same_scores_give_the_same_interval():
    scores = [0.1, 0.5, 0.9, 0.3]
    assert mean_interval(scores) == mean_interval(scores)


def test_bounded_means_are_covered_about_95_percent_of_the_time():
    rng = np.random.default_rng(11)
    truth = 2 / 7
    held = 0
    for _ in range(200):
        interval = mean_interval(list(rng.beta(2, 5, 40)))
        held += interval.low <= truth <= interval.high
    assert 0.90 <= held / 200 <= 0.99


def test_equal_scores_do_not_pretend_to_certainty():
    interval = mean_interval([0.5] * 20)
    assert interval.low < 0.5 < interval.high
    assert interval.high - interval.low == pytest.approx(1 - 0.05 ** (1 / 20))


@pytest.mark.parametrize("bad", [[1.2], [-0.1, 0.5], [math.nan, 1.0]])
def test_scores_outside_0_to_1_are_refused(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        mean_interval(bad)


def test_quantile_intervals_cover():
    rng = np.random.default_rng(5)
    truth = math.log(20)  # the 95 % quantile of the exponential distribution
    held = 0
    for _ in range(300):
        interval = quantile_interval(list(rng.exponential(1, 200)), 0.95)
        held += interval.low <= truth <= interval.high
    assert held / 300 >= 0.93


def test_a_quantile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no values"):
        quantile_interval([], 0.5)
