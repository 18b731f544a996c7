import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.canonical import canonical

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_the_bytes_are_those_of_the_standard(value):
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), "\ud800", {"a": ["\ud800"]}])
def test_what_no_canonical_form_holds_is_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        canonical(value)
