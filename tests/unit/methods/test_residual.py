import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.residual import review_sample, review_size, upper_bound


def test_nothing_found_is_the_exact_rule_of_three():
    assert upper_bound(0, 300) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert upper_bound(0, 300) == pytest.approx(3 / 300, rel=0.01)


def test_known_sizes():
    assert review_size(0.01) == 299
    assert review_size(0.01, allowed=1) == 473
    assert review_size(0.01, population=1000) < 299
    assert review_size(0.01, population=50) == 48  # two unseen rows: 4 % each


@given(st.integers(0, 5), st.integers(1, 400), st.integers(0, 2000))
@settings(max_examples=80, deadline=None)
def test_a_finite_set_is_bounded_no_higher_and_never_below_what_was_found(found, reviewed, more):
    found = min(found, reviewed - 1)
    finite = upper_bound(found, reviewed, reviewed + more)
    assert (
        found / (reviewed + more) <= finite <= upper_bound(found, reviewed) + 1 / (reviewed + more)
    )


def test_a_whole_review_knows_the_share():
    assert upper_bound(2, 100, 100) == 0.02


def test_no_review_bounds_nothing():
    assert upper_bound(0, 0) == 1.0


@given(st.floats(0.005, 0.3), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_the_size_is_enough_and_one_less_is_not(most, allowed):
    size = review_size(most, allowed=allowed)
    assert upper_bound(allowed, size) <= most
    assert upper_bound(allowed, size - 1) > most


@pytest.mark.parametrize("bad", [(3, 2, None), (-1, 2, None), (0, 9, 8)])
def test_contradicting_counts_are_refused(bad):
    with pytest.raises(ValueError, match="reviewed"):
        upper_bound(*bad)


def test_the_sample_is_the_same_anywhere_and_has_no_twins():
    assert review_sample(1000, 5, seed=7) == [203, 232, 430, 770, 930]
    assert review_sample(10, 99, seed=1) == list(range(10))
    assert review_sample(1000, 5, seed=8) != review_sample(1000, 5, seed=7)


def test_the_bound_holds_in_nineteen_of_twenty_draws():
    # 30 errors in 1,000 rows, 100 reviewed: the bound may fall below the truth in 5 % of draws.
    misses = 0
    for seed in range(400):
        found = sum(row < 30 for row in review_sample(1000, 100, seed))
        misses += upper_bound(found, 100, 1000) < 0.03
    assert misses / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
