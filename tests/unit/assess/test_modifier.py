"""The compute of a tuning against the bound beyond which it makes a new model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess.modifier import check_modifier, tuning_flop

POSITIVE = st.floats(min_value=1e-3, max_value=1e30)


def test_the_worked_example_is_far_below_the_bound():
    """8 billion parameters and 24 million tokens, tuned in full."""
    work = tuning_flop(8e9, 24e6, "full")
    assert work == pytest.approx(1.152e18)
    found = check_modifier(work)
    assert found.bound == pytest.approx(3.33e22, rel=0.002)
    assert found.times_below == pytest.approx(29_000, rel=0.01)
    assert found.below
    assert found.basis == "fallback"


def test_an_adapter_takes_two_thirds_of_the_work():
    assert tuning_flop(8e9, 24e6, "adapter") == pytest.approx(7.68e17)


def test_a_known_base_has_its_own_bound():
    found = check_modifier(4e20, 1e21)
    assert (found.basis, found.below) == ("base model", False)
    assert found.bound == pytest.approx(1e21 / 3)


def test_a_base_with_systemic_risk_has_a_higher_fallback():
    found = check_modifier(1e23, systemic_risk=True)
    assert found.bound == pytest.approx(1e25 / 3)
    assert found.below
    assert check_modifier(1e23).below is False


@given(POSITIVE, st.none() | POSITIVE, st.booleans())
def test_below_means_that_the_bound_is_above_the_work(work, base, risky):
    found = check_modifier(work, base, systemic_risk=risky)
    assert found.below is (work < found.bound)
    assert found.times_below == pytest.approx(found.bound / work)
    assert (found.basis == "base model") is (base is not None)


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan")])
def test_figures_that_are_no_compute_are_refused(wrong):
    with pytest.raises(ValueError, match="above 0"):
        tuning_flop(wrong, 1, "full")
    with pytest.raises(ValueError, match="above 0"):
        tuning_flop(1, wrong, "adapter")
    with pytest.raises(ValueError, match="above 0"):
        check_modifier(wrong)
    with pytest.raises(ValueError, match="above 0"):
        check_modifier(1, wrong)
