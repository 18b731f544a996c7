"""JSON beyond doubt: what it takes, what it refuses, and how it says so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.strict_json import TwiceError, strict_json, whole_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


@given(VALUES)
def test_what_json_wrote_is_read_back(value):
    assert strict_json(json.dumps(value)) == value
    assert whole_json(json.dumps(value)) == [value]


@pytest.mark.parametrize("text", ["NaN", "[-Infinity]", '{"a": Infinity}', "", "{", "1 2", "'a'"])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        strict_json(text)
    assert whole_json(text) == []


def test_the_key_that_stands_twice_is_named():
    many = [*(f"k{n}" for n in range(20_000)), "k19998"]
    with pytest.raises(TwiceError, match="'k19998' stands twice"):
        strict_json("{" + ", ".join(f'"{name}": 1' for name in many) + "}")
    assert whole_json('{"a": 1, "a": 2}') == [{"a": 2}]


def test_deep_nesting_has_its_own_error_and_is_no_whole_value():
    deep = "[" * 100_000
    with pytest.raises(RecursionError):
        strict_json(deep)
    assert whole_json(deep) == []
