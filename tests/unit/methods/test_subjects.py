"""Whom a request names, whatever stands where names should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.subjects import named_in, subject_in

anything = st.one_of(
    st.none(), st.integers(-(2**63), 2**64 - 1), st.text(max_size=5), st.lists(st.text(max_size=3))
)


@given(anything, anything, st.text(max_size=5), st.booleans())
def test_names_are_texts_each_once(first: object, second: object, key: str, sticky: bool) -> None:
    body = {"safety_identifier": first, "user": second}
    named = named_in(body, key, sticky=sticky)
    told = [one for one in (first, second, key if sticky else "") if isinstance(one, (str, int))]
    wanted = [str(one) for one in told if one != ""]
    assert named == list(dict.fromkeys(wanted))
    own = [n for n in (first, second) if isinstance(n, (str, int)) and n != ""]
    assert subject_in(body) == (str(own[0]) if own else "")


@pytest.mark.parametrize("value", [True, 1.5, 2**70, {}, None])
def test_what_is_no_name(value: object) -> None:
    assert named_in({"user": value}) == []


def test_the_number_of_an_account_is_a_name() -> None:
    assert subject_in({"user": 4711}) == "4711"
    assert named_in({"user": 4711}, "4711", sticky=True) == ["4711"]


def test_a_session_is_found_and_has_no_key_of_its_own() -> None:
    assert named_in({}, "session-1", sticky=True) == ["session-1"]
    assert subject_in({"conversation": "session-1"}) == ""
