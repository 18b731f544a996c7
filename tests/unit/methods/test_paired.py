import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tuneworthy.methods.paired import compare, mcnemar


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_two_sided_coin_test(right, wrong):
    n, small = right + wrong, min(right, wrong)
    expected = min(1.0, 2 * stats.binom.cdf(small, n, 0.5)) if n else 1.0
    assert mcnemar(right, wrong) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60))
def test_swapping_the_arms_swaps_the_answer(pairs):
    ours, theirs = zip(*pairs, strict=True)
    there, back = compare(ours, theirs), compare(theirs, ours)
    assert there.delta.value == pytest.approx(-back.delta.value)
    assert there.p_value == back.p_value
    assert (there.newly_right, there.newly_wrong) == (back.newly_wrong, back.newly_right)


def test_a_clear_gain_is_called_so():
    result = compare([1] * 45 + [0] * 5, [1] * 25 + [0] * 25)
    assert result.verdict == "clearly better"
    assert result.newly_right == 20
    assert result.newly_wrong == 0
    assert result.delta.value == pytest.approx(0.4)
    assert result.delta.low > 0.2
    assert result.p_value == pytest.approx(2 * 0.5**20)


def test_a_clear_loss_is_called_so():
    assert compare([0] * 25 + [1] * 25, [1] * 50).verdict == "clearly worse"


def test_equal_scores_are_noise_with_an_interval_of_some_width():
    result = compare([1] * 40, [1] * 40)
    assert (result.verdict, result.p_value) == ("within noise", 1.0)
    assert result.delta.low < 0 < result.delta.high


def test_few_cases_never_show_a_gain():
    assert compare([1] * 29, [0] * 29).verdict == "too few cases"
    assert compare([1] * 30, [0] * 30).verdict == "clearly better"
    assert compare([], []).verdict == "too few cases"


@given(st.integers(1, 40), st.integers(0, 40))
def test_a_loss_needs_no_number_of_cases(wrong, right):
    """The exact test alone decides: six lost cases of six are clear, five are not."""
    found = compare([0] * wrong + [1] * right, [1] * wrong + [0] * right)
    clear = mcnemar(right, wrong) < 0.05 and wrong > right
    assert (found.verdict == "clearly worse") == clear


def test_partial_scores_use_signed_ranks():
    rng = np.random.default_rng(2)
    base = rng.uniform(0, 0.6, 60)
    better = base + rng.uniform(0, 0.3, 60)
    result = compare(list(better), list(base))
    assert result.verdict == "clearly better"
    assert result.p_value == pytest.approx(stats.wilcoxon(better - base, method="exact").pvalue)


def test_partial_scores_without_change():
    result = compare([0.5] * 40, [0.5] * 40)
    assert (result.p_value, result.verdict) == (1.0, "within noise")


def test_equal_arms_are_seldom_called_different():
    rng = np.random.default_rng(8)
    clear = 0
    for _ in range(200):
        pair = rng.random((2, 60)) < 0.7
        clear += compare(list(pair[0]), list(pair[1])).verdict != "within noise"
    assert clear / 200 <= 0.06


def test_other_lengths_and_wild_scores_are_refused():
    with pytest.raises(ValueError, match="2 candidate scores against 1"):
        compare([1, 0], [1])
    with pytest.raises(ValueError, match="between 0 and 1"):
        compare([2.0], [1.0])
