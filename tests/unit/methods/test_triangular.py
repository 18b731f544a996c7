import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tuneworthy.methods.triangular import triangular

ENDS = st.lists(st.floats(-1e12, 1e12), min_size=3, max_size=3).map(sorted)


@pytest.mark.parametrize(("low", "mode", "high"), [(0, 1, 4), (0, 0, 1), (2, 5, 5), (-3, 1, 2)])
def test_it_is_the_inverse_of_the_distribution_function(low, mode, high):
    uniform = np.linspace(0, 1, 101)
    expected = stats.triang.ppf(uniform, (mode - low) / (high - low), low, high - low)
    assert triangular(uniform, low, mode, high) == pytest.approx(expected, abs=1e-12)


@given(ENDS, st.floats(0, 1, exclude_max=True))
def test_every_draw_lies_between_low_and_high(ends, uniform):
    low, mode, high = ends
    (drawn,) = triangular(np.array([uniform]), low, mode, high)
    assert low <= drawn <= high


def test_a_point_is_drawn_as_itself():
    assert list(triangular(np.array([0, 0.5, 0.9]), 3, 3, 3)) == [3, 3, 3]


@pytest.mark.parametrize("ends", [(1, 0, 2), (0, 3, 2), (0, float("nan"), 1), (0, 1, float("inf"))])
def test_ends_that_fall_are_refused(ends):
    with pytest.raises(ValueError, match="must be finite"):
        triangular(np.array([0.5]), *ends)
