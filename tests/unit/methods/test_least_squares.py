"""A straight line: numpy's own fit, bounds that hold where the scatter differs, and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.least_squares import least_squares


@st.composite
def points(draw):
    """A column of ones and one or two further terms, with outcomes."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, more = draw(st.integers(6, 60)), draw(st.integers(1, 2))
    terms = np.column_stack([np.ones(n), rng.normal(size=(n, more))])
    return terms, rng.normal(size=n) * draw(st.floats(0.01, 100))


@given(points())
def test_the_fit_is_numpys(given_points):
    terms, outcomes = given_points
    wanted = np.linalg.lstsq(terms, outcomes, rcond=None)[0]
    found = least_squares(terms, list(outcomes))
    assert [one.value for one in found] == pytest.approx(list(wanted), abs=1e-8)
    assert all(one.low <= one.value <= one.high and one.n == len(outcomes) for one in found)


@given(points(), st.floats(0.1, 10), st.floats(-5, 5))
def test_another_unit_changes_nothing_else(given_points, factor, shift):
    terms, outcomes = given_points
    before = least_squares(terms, list(outcomes))[1]
    after = least_squares(terms, list(outcomes * factor + shift))[1]
    for name in ("value", "low", "high"):
        assert getattr(after, name) == pytest.approx(getattr(before, name) * factor, abs=1e-6)


def test_bounds_hold_the_truth_where_the_scatter_grows():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        x = rng.uniform(0, 4, 40)
        y = 0.5 * x + rng.normal(size=40) * (0.1 + x)
        slope = least_squares(np.column_stack([x, np.ones(40)]), list(y))[0]
        held += slope.low <= 0.5 <= slope.high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize(
    ("terms", "outcomes"),
    [
        ([[1.0, 2.0]] * 5, [1.0] * 5),
        ([[1.0], [1.0]], [1.0]),
        ([[1.0, 0.0], [1.0, 1.0]], [1.0, 2.0]),
        ([[1.0, 0.0]] * 5 + [[1.0, 1.0]], [1.0] * 6),
    ],
)
def test_what_cannot_be_told_is_refused(terms, outcomes):
    with pytest.raises(ValueError, match=r"terms|row"):
        least_squares(np.asarray(terms), outcomes)
