"""The ratio of two means over the same cases, with its bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.paired import Pairs, ratio_interval

ABOVE = st.floats(0.01, 1e4, allow_nan=False)


@given(st.lists(st.tuples(ABOVE, ABOVE), min_size=2, max_size=40), st.integers(0, 3))
def test_the_ratio_lies_within_its_bounds_and_does_not_know_the_unit(rows, power):
    ours, theirs = zip(*rows, strict=True)
    found = ratio_interval(Pairs.of(ours, theirs), resamples=200)
    assert found is not None
    assert found.value == pytest.approx(sum(ours) / sum(theirs))
    assert 0 <= found.low <= found.value <= found.high
    unit = 4.0**power  # a power of two, so that nothing is rounded
    scaled = ratio_interval(
        Pairs.of([one * unit for one in ours], [one * unit for one in theirs]), resamples=200
    )
    assert scaled is not None
    assert scaled.high == pytest.approx(found.high)


@given(st.lists(ABOVE, min_size=2, max_size=40), st.floats(0.1, 10))
def test_the_same_ratio_everywhere_is_certain(theirs, times):
    found = ratio_interval(Pairs.of([times * one for one in theirs], theirs), resamples=200)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((times, times))


def test_groups_are_drawn_whole():
    rng = np.random.default_rng(3)
    slow = np.repeat(rng.uniform(1, 3, 12), 10)
    groups = np.repeat(np.arange(12), 10).tolist()
    alone = ratio_interval(Pairs.of(slow.tolist(), [1.0] * 120))
    together = ratio_interval(Pairs.of(slow.tolist(), [1.0] * 120, groups))
    assert alone is not None
    assert together is not None
    assert together.value == pytest.approx(alone.value)
    assert together.high - together.low > 2 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("ours", "theirs"), [([], []), ([1.0], [1.0]), ([1.0, 2.0, 3.0], [0.0, 0.0, 1.0])]
)
def test_a_base_that_is_mostly_zero_has_no_ratio(ours, theirs):
    assert ratio_interval(Pairs.of(ours, theirs)) is None


def test_numbers_below_zero_have_none_either():
    with pytest.raises(ValueError, match="below 0"):
        ratio_interval(Pairs.of([1.0, -1.0], [1.0, 1.0]))


def test_a_candidate_as_slow_as_the_limit_passes_in_few_draws():
    rng = np.random.default_rng(11)
    passed = 0
    for _ in range(400):
        size = rng.lognormal(0, 0.5, 36)  # long questions take both models long
        noise = rng.lognormal(0, 0.3, (2, 36))
        found = ratio_interval(Pairs.of(1.2 * size * noise[0], size * noise[1]), resamples=500)
        assert found is not None
        passed += found.high <= 1.2
    assert passed <= 0.05 * 400
