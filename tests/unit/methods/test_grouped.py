import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.grouped import group_sums, grouped_quantile


@given(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 5)), min_size=1, max_size=60))
def test_sums_and_sizes_add_up(pairs):
    values, groups = zip(*pairs, strict=True)
    sums, sizes = group_sums(values, groups)
    assert sums.sum() == pytest.approx(sum(values), abs=1e-9)
    assert sizes.sum() == len(values)
    assert len(sums) == len(set(groups))


@given(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 5)), min_size=1, max_size=40))
def test_quantiles_are_ordered_and_within_the_values(pairs):
    values, groups = zip(*pairs, strict=True)
    low, high = (grouped_quantile(values, groups, q, resamples=200) for q in (0.05, 0.95))
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_one_group_has_no_spread_and_single_cases_have_the_plain_one():
    values = [0.0, 1.0] * 100
    assert grouped_quantile(values, ["a"] * 200, 0.05) == 0.5
    low = grouped_quantile(values, list(range(200)), 0.05)
    assert low == pytest.approx(0.5 - 1.645 * 0.5 / np.sqrt(200), abs=0.01)


def test_cases_in_groups_are_worth_less():
    values = [float(n // 10 % 2) for n in range(200)]
    alone = grouped_quantile(values, list(range(200)), 0.05)
    together = grouped_quantile(values, [n // 10 for n in range(200)], 0.05)
    assert together < alone - 0.05


def test_no_values_and_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="no values"):
        grouped_quantile([], [], 0.5)
    with pytest.raises(ValueError, match="1 groups"):
        group_sums([1.0, 2.0], ["a"])
