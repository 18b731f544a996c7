"""Parts of a set against the rest: known tables, an oracle, and the rate of false alarms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tuneworthy.methods.homogeneity import distance, same_make_up


def units(mine: list[int], others: list[int]) -> tuple[list[int], list[bool]]:
    kinds = [k for counts in (mine, others) for k, n in enumerate(counts) for _ in range(n)]
    return kinds, [True] * sum(mine) + [False] * sum(others)


def test_a_table_of_a_textbook() -> None:
    """Agresti 2013, table 3.2: gender and party, X2 = 30.07 on 2 degrees of freedom."""
    found = same_make_up(*units([762, 327, 468], [484, 239, 477]))
    assert found.method == "chi-square"
    assert found.statistic == pytest.approx(30.07, abs=0.005)
    assert found.p_value == pytest.approx(2.95e-7, rel=0.01)


@given(
    st.integers(2, 6).flatmap(
        lambda k: st.tuples(*[st.lists(st.integers(10, 60), min_size=k, max_size=k)] * 2)
    )
)
def test_it_is_scipys_contingency_test(pair: tuple[list[int], list[int]]) -> None:
    found = same_make_up(*units(*pair))
    oracle = stats.chi2_contingency(np.array(pair), correction=False)
    assert found.statistic == pytest.approx(oracle.statistic)
    if found.method == "chi-square":
        assert found.p_value == pytest.approx(oracle.pvalue)
    else:
        assert oracle.expected_freq.min() < 5


@given(st.lists(st.integers(0, 4), min_size=1, max_size=2), st.data())
def test_small_tables_are_permuted_as_fisher_would(some: list[int], data: st.DataObject) -> None:
    mine = (some * 2)[:2]
    others = data.draw(st.lists(st.integers(0, 5), min_size=2, max_size=2))
    kinds, inside = units(mine, others)
    found = same_make_up(kinds, inside)
    assert 0 < found.p_value <= 1
    if found.method != "permutation":
        assert (found.method, found.p_value) == ("none", 1.0)
        return
    # The exact distribution of the statistic over all parts of this size.
    whole, first, taken = len(kinds), kinds.count(0), sum(inside)
    exact = 0.0
    for k in range(whole + 1):
        chance = float(stats.hypergeom.pmf(k, whole, first, taken))
        if chance > 0:
            table = np.array([[k, taken - k], [first - k, whole - first - taken + k]])
            other = stats.chi2_contingency(table, correction=False).statistic
            exact += chance if other >= found.statistic - 1e-9 else 0
    assert found.p_value == pytest.approx(exact, abs=0.06)


def test_random_parts_raise_few_alarms_and_a_moved_class_raises_one() -> None:
    rng = np.random.default_rng(5)
    kinds = rng.integers(0, 20, 900)
    p_values = []
    for _ in range(200):
        inside = np.zeros(900, dtype=bool)
        inside[rng.choice(900, 180, replace=False)] = True
        p_values.append(same_make_up(kinds.tolist(), inside.tolist()).p_value)
    assert sum(p < 0.05 for p in p_values) <= 22  # 200 times 5 %, and four standard deviations
    moved = (kinds < 5).tolist()
    assert same_make_up(kinds.tolist(), moved).p_value < 1e-6


def test_nothing_to_compare_is_no_difference() -> None:
    assert same_make_up([], []).method == "none"
    assert same_make_up([3, 3], [True, False]).p_value == 1
    assert same_make_up([1, 2], [True, True]).p_value == 1
    with pytest.raises(ValueError, match="2 kinds for 1 units"):
        same_make_up([1, 2], [True])


def test_distance_is_the_share_that_would_have_to_change() -> None:
    assert distance([5, 5], [50, 50]) == 0
    assert distance([10, 0], [0, 3]) == 1
    assert distance([6, 4], [4, 6]) == pytest.approx(0.2)
    assert distance([0, 0], [4, 6]) == 0
