import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from tuneworthy.methods.bootstrap import bca
from tuneworthy.methods.paired import holm, non_inferior
from tuneworthy.methods.paired.interval import delta_interval
from tuneworthy.methods.paired.pairs import Pairs
from tuneworthy.methods.paired.tango import score_statistic, tango

SCORES = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("right", "wrong", "n", "low", "high"),
    [
        # Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33, 2850-2875: airway
        # hyper-responsiveness (Bentur 2009) and complete response (Cavo 2012), as printed there.
        (1, 7, 21, -0.517, -0.026),
        (6, 16, 161, -0.124, -0.005),
    ],
)
def test_tango_gives_the_published_bounds(right, wrong, n, low, high):
    assert tango(right, wrong, n) == pytest.approx((low, high), abs=0.0005)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 40), st.floats(-0.9, 0.9))
def test_tangos_statistic_is_the_score_at_the_likeliest_table(right, wrong, same, difference):
    """Against a numerical search for the likeliest table under the difference supposed."""
    n = right + wrong + same
    assume(right + wrong > 0)

    def unlikely(share: float) -> float:
        cells = ((right, share + difference), (wrong, share), (same, 1 - 2 * share - difference))
        return -float(sum(count * math.log(max(p, 1e-300)) for count, p in cells if count))

    low, high = max(0.0, -difference), (1 - difference) / 2
    found = optimize.minimize_scalar(
        unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    ).x
    variance = n * (2 * found + difference - difference**2)
    assume(variance > 1e-6)
    expected = (right - wrong - n * difference) / math.sqrt(variance)
    assert score_statistic(right, wrong, n, difference) == pytest.approx(expected, rel=1e-4)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_tangos_bounds_hold_the_difference_and_mirror(right, wrong, same):
    n = right + wrong + same
    assume(n > 0)
    low, high = tango(right, wrong, n)
    assert -1 <= low <= (right - wrong) / n + 1e-12
    assert (right - wrong) / n - 1e-12 <= high <= 1
    assert tango(wrong, right, n) == pytest.approx((-high, -low), abs=1e-9)


@pytest.mark.parametrize(("right", "wrong", "n"), [(3, 3, 5), (0, 0, 0), (-1, 0, 4)])
def test_tango_refuses_counts_that_do_not_fit(right, wrong, n):
    with pytest.raises(ValueError, match="cases"):
        tango(right, wrong, n)


# Holm (1979) as R's p.adjust prints it.
def test_holm_on_a_worked_example():
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_the_single_test_and_bonferroni(p_values):
    for p, adjusted in zip(p_values, holm(p_values), strict=True):
        assert p <= adjusted <= min(1.0, len(p_values) * p) + 1e-12


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_holm_refuses_what_is_no_p_value(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, bad])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-50, 50), min_size=3, max_size=30))
def test_bootstrap_bounds_hold_the_mean_and_move_with_the_scale(values):
    sums = np.array(values)
    assume(np.ptp(sums) > 1e-6)
    low, high = bca(sums, resamples=300)
    assert low <= sums.mean() <= high
    assert bca(sums * 4 + 8, resamples=300) == pytest.approx((low * 4 + 8, high * 4 + 8), abs=1e-6)


def test_bootstrap_of_normal_numbers_is_close_to_students_interval():
    values = np.random.default_rng(4).normal(2, 3, 40)
    expected = stats.t.interval(0.95, 39, values.mean(), stats.sem(values))
    assert bca(values) == pytest.approx(expected, abs=0.15)


def test_whole_groups_are_drawn_where_cases_come_in_groups():
    rng = np.random.default_rng(5)
    groups = [f"g{at // 10}" for at in range(400)]
    shared = np.repeat(rng.normal(0, 0.2, 40), 10)
    base = rng.uniform(0.3, 0.6, 400)
    alone = delta_interval(Pairs.of((base + shared).tolist(), base.tolist()))
    grouped = delta_interval(Pairs.of((base + shared).tolist(), base.tolist(), groups))
    assert grouped.high - grouped.low > 2.5 * (alone.high - alone.low)
    assert (alone.n, grouped.n) == (400, 400)


@settings(deadline=None, max_examples=40)
@given(SCORES, st.data())
def test_groups_of_one_are_no_groups(base, data):
    ours = data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(base), max_size=len(base)))
    names = [str(at) for at in range(len(base))]
    assert delta_interval(Pairs.of(ours, base)) == delta_interval(Pairs.of(ours, base, names))


def test_no_worse_is_shown_only_with_enough_cases():
    base = [1.0] * 90 + [0.0] * 10
    assert non_inferior(base, base, 0.05).passed
    few = non_inferior(base[:29], base[:29], 0.5)
    assert not few.passed
    assert "29 cases are too few" in few.why
    thin = non_inferior(base, base, 0.01)
    assert not thin.passed
    assert "not ruled out" in thin.why


def test_a_loss_beyond_the_margin_is_named():
    found = non_inferior([0.0] * 60 + [1.0] * 40, [1.0] * 100, 0.05)
    assert not found.passed
    assert found.why == "the loss is larger than 0.05"
    assert found.delta.value == pytest.approx(-0.6)


@settings(deadline=None, max_examples=40)
@given(SCORES, st.floats(0.01, 0.9), st.data())
def test_a_wider_margin_never_undoes_it(base, margin, data):
    ours = data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(base), max_size=len(base)))
    if non_inferior(ours, base, margin).passed:
        assert non_inferior(ours, base, margin + 0.05).passed


@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan])
def test_a_margin_must_be_above_zero(margin):
    with pytest.raises(ValueError, match="above 0"):
        non_inferior([1.0], [1.0], margin)
