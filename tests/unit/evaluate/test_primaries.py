"""Several primary suites: gains are adjusted by Holm's way, losses are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.evaluate.primaries import adjusted_verdict, primary_tests
from tuneworthy.methods.paired import holm

P = st.floats(0, 1)


@given(P, st.dictionaries(st.text(min_size=1), P, max_size=5))
def test_a_gain_never_gets_easier_by_looking_at_more(p, beside):
    tests = primary_tests(p, beside)
    if not beside:
        assert tests == ()
        return
    assert tests[0].p_holm >= p
    assert [one.p_holm for one in tests] == holm([p, *beside.values()])
    assert adjusted_verdict("clearly worse", tests) == "clearly worse"
    assert (adjusted_verdict("clearly better", tests) == "clearly better") == (
        tests[0].p_holm < 0.05
    )


@pytest.mark.parametrize(
    ("p", "beside", "verdict"),
    [
        (0.02, {"b": 0.5}, "clearly better"),
        (0.03, {"b": 0.5}, "within noise"),
        (0.03, {"b": 0.001}, "clearly better"),
        (0.03, {}, "clearly better"),
    ],
)
def test_holm_by_hand(p, beside, verdict):
    assert adjusted_verdict("clearly better", primary_tests(p, beside)) == verdict
