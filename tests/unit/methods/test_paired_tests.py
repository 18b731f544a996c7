import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tuneworthy.methods.paired import Pairs, by_segment, effects, mcnemar, plan, significance
from tuneworthy.methods.paired.effect import cohens_dz, odds_ratio
from tuneworthy.methods.paired.interval import delta_interval
from tuneworthy.methods.paired.power import (
    design_effect,
    mcnemar_n,
    mcnemar_power,
    mean_n,
    mean_power,
)
from tuneworthy.methods.paired.significance import sign_flips, signed_ranks

SMALL = st.lists(st.integers(-4, 4), min_size=1, max_size=9)

# Darwin's maize, crossed less self-fertilised, in eighths of an inch: Fisher (1935), "The Design of
# Experiments", section 21, counts 863 of 32,768 flips in each tail.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

# Hamilton's depression scale before and after: Hollander and Wolfe (1973), page 29.
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]


def test_mcnemar_on_agrestis_approval_ratings():
    """86 and 150 of 1,600 changed their minds: Agresti (1990), table 10.1."""
    exact = Fraction(2 * sum(math.comb(236, k) for k in range(87)), 2**236)
    assert mcnemar(86, 150) == pytest.approx(float(exact), rel=1e-9)


def test_signed_ranks_on_hollander_and_wolfe():
    differences = np.array(BEFORE) - np.array(AFTER)
    assert signed_ranks(differences) == pytest.approx(2 * 0.01953125, abs=1e-6)


def test_sign_flips_on_darwins_maize():
    assert sign_flips(np.array(DARWIN, dtype=float)) == pytest.approx(1726 / 32768, abs=1e-9)


@settings(deadline=None)
@given(SMALL)
def test_exact_ranks_with_ties_equal_the_counting_of_all_signs(differences):
    changed = np.array([d for d in differences if d], dtype=float)
    if not len(changed):
        assert signed_ranks(np.array(differences, dtype=float)) == 1.0
        return
    ranks = stats.rankdata(np.abs(changed))
    sums = [float(np.dot(ranks, s)) for s in itertools.product([0, 1], repeat=len(ranks))]
    won = float(ranks[changed > 0].sum())
    tail = min(np.mean(np.array(sums) <= won), np.mean(np.array(sums) >= won))
    assert signed_ranks(np.array(differences, dtype=float)) == pytest.approx(min(1, 2 * tail))


@settings(deadline=None, max_examples=40)
@given(SMALL)
def test_all_flips_equal_scipys_permutation_test(differences):
    sums = np.array([d for d in differences if d] or [1], dtype=float)
    if len(sums) < 2:
        return
    theirs = stats.permutation_test(
        (sums, np.zeros(len(sums))), lambda x, y: np.sum(x) - np.sum(y), permutation_type="samples"
    ).pvalue
    assert sign_flips(sums) == pytest.approx(theirs)


def test_drawn_flips_are_close_to_the_normal_limit():
    sums = np.random.default_rng(3).normal(0.3, 1, 60)
    z = abs(sums.sum()) / math.sqrt(np.sum(sums**2))
    assert sign_flips(sums) == pytest.approx(2 * stats.norm.sf(z), abs=0.01)


def test_many_ranks_take_scipys_normal_form():
    differences = np.random.default_rng(6).integers(-5, 7, 400).astype(float)
    changed = differences[differences != 0]
    expected = stats.wilcoxon(changed, method="approx", correction=False).pvalue
    assert signed_ranks(differences) == pytest.approx(expected, rel=1e-9)


def test_what_differs_only_by_rounding_is_a_tie():
    exact = signed_ranks(np.array([1.0, 1, 1, -1, 2, 3]))
    rounded = signed_ranks(np.array([0.3 - 0.2, 0.1, 0.7 - 0.6, -0.1, 0.2, 0.3]))
    assert rounded == pytest.approx(exact)


def test_the_test_is_named_with_its_reason():
    grades = [0.5, 0.25, 0.75]
    assert significance(Pairs.of([1, 0, 1], [0, 0, 1])).name == "exact McNemar"
    assert significance(Pairs.of(grades, [0.1, 0.2, 0.3])).name == "Wilcoxon signed ranks (exact)"
    grouped = significance(Pairs.of(grades, [0.1, 0.2, 0.3], ["a", "a", "b"]))
    assert grouped.name == "all sign flips of groups"
    assert "2 groups" in grouped.why


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_odds_ratios_bounds_are_clopper_and_pearsons(right, wrong):
    found = odds_ratio(right, wrong)
    if right + wrong == 0:
        assert (found.value, found.low, found.high) == (None, 0.0, None)
        return
    exact = stats.binomtest(right, right + wrong).proportion_ci(0.95, "exact")
    assert found.low == pytest.approx(exact.low / (1 - exact.low))
    if wrong == 0:
        assert (found.value, found.high) == (None, None)
    else:
        assert found.high == pytest.approx(exact.high / (1 - exact.high), rel=1e-6)


def test_cohens_dz_and_its_noncentral_bounds():
    found = cohens_dz(Pairs.of(BEFORE, AFTER))
    differences = np.array(BEFORE) - np.array(AFTER)
    t = stats.ttest_1samp(differences, 0).statistic
    assert found.value == pytest.approx(t / 3)
    assert found.low is not None
    assert found.high is not None
    assert stats.nct.cdf(t, 8, found.low * 3) == pytest.approx(0.975, abs=1e-6)
    assert stats.nct.cdf(t, 8, found.high * 3) == pytest.approx(0.025, abs=1e-6)


def test_effects_suit_the_scores():
    binary = Pairs.of([1, 1, 0], [0, 1, 0])
    graded = Pairs.of([0.5, 0.7, 0.2], [0.1, 0.7, 0.3])
    names = [e.name for e in effects(binary, delta_interval(binary))]
    assert names == ["risk difference", "odds ratio"]
    assert [e.name for e in effects(graded, delta_interval(graded))] == ["dominance", "Cohen's dz"]
    grouped = Pairs.of([1, 1, 0], [0, 1, 0], ["a", "a", "b"])
    assert effects(grouped, delta_interval(grouped))[1].low is None


@pytest.mark.parametrize(("n", "share", "gain"), [(12, 0.5, 0.4), (20, 0.3, 0.3), (25, 0.8, 0.2)])
def test_mcnemars_power_is_the_sum_over_all_tables(n, share, gain):
    up, down = (share + gain) / 2, (share - gain) / 2
    total = 0.0
    for right in range(n + 1):
        for wrong in range(n + 1 - right):
            if right > wrong and mcnemar(right, wrong) < 0.05:
                ways = math.comb(n, right) * math.comb(n - right, wrong)
                total += ways * up**right * down**wrong * (1 - share) ** (n - right - wrong)
    assert mcnemar_power(n, share, gain) == pytest.approx(total, abs=1e-9)


def test_t_power_is_rs():
    """R: power.t.test(power = 0.8, delta = 0.5, sd = 1, type = "paired") gives n = 33.36713."""
    assert mean_power(33.36713, 1, 0.5) == pytest.approx(0.8, abs=1e-6)
    assert mean_n(1, 0.5) == 34


@settings(deadline=None, max_examples=25)
@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_the_planned_cases_reach_the_power(share, part):
    gain = share * part
    if gain < 0.01:
        return
    n = mcnemar_n(share, gain)
    assert mcnemar_power(n, share, gain) >= 0.8


def test_a_plan_grows_with_the_groups_likeness():
    rng = np.random.default_rng(2)
    shared = np.repeat(rng.normal(0, 0.3, 30), 8)
    base = np.full(240, 0.5)
    groups = [str(at // 8) for at in range(240)]
    alone = Pairs.of((base + shared).tolist(), base.tolist())
    together = Pairs.of((base + shared).tolist(), base.tolist(), groups)
    assert design_effect(together) == pytest.approx(8, rel=0.05)
    less, more = plan(alone, 0.1).n_needed, plan(together, 0.1).n_needed
    assert less is not None
    assert more is not None
    assert more > 6 * less


def test_without_variation_nothing_can_be_planned():
    assert plan(Pairs.of([0.5] * 40, [0.5] * 40), 0.05).n_needed is None
    assert plan(Pairs.of([], []), 0.05).n_needed is None
    with pytest.raises(ValueError, match="above 0"):
        plan(Pairs.of([1], [1]), 0)


def test_a_segment_that_breaks_is_named_however_small():
    names = ["big"] * 200 + ["small"] * 12 + [""] * 20
    base = [0.0] * 60 + [1.0] * 140 + [1.0] * 12 + [1.0] * 20
    ours = [1.0] * 200 + [0.0] * 12 + [1.0] * 20
    big, small = by_segment(Pairs.of(ours, base), names)
    assert (big.segment, big.verdict, big.n) == ("big", "clearly better", 200)
    assert (small.segment, small.verdict, small.n) == ("small", "clearly worse", 12)
    assert small.p_holm == pytest.approx(2 * 0.5**12)


def test_a_small_segment_is_never_called_better():
    (one,) = by_segment(Pairs.of([1.0] * 12, [0.0] * 12), ["s"] * 12)
    assert one.verdict == "too few cases"


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from("abc")), max_size=60)
)
def test_segments_hold_every_case_once(rows):
    ours = [float(row[0]) for row in rows]
    theirs = [float(row[1]) for row in rows]
    found = by_segment(Pairs.of(ours, theirs), [row[2] for row in rows])
    assert sum(one.n for one in found) == len(rows)
    total = sum(one.delta.value * one.n for one in found)
    assert total == pytest.approx(sum(ours) - sum(theirs))
    assert all(one.p_holm >= one.p_value for one in found)
