"""Whom a request names, whatever stands where names should."""

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.subjects import named_in, subject_in

anything = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=3)))


@given(anything, anything, st.text(max_size=5), st.booleans())
def test_names_are_texts_each_once(first: object, second: object, key: str, sticky: bool) -> None:
    body = {"safety_identifier": first, "user": second}
    named = named_in(body, key, sticky=sticky)
    wanted = [one for one in (first, second, key if sticky else "") if isinstance(one, str) and one]
    assert named == list(dict.fromkeys(wanted))
    assert subject_in(body) == next((n for n in (first, second) if isinstance(n, str) and n), "")


def test_a_session_is_found_and_has_no_key_of_its_own() -> None:
    assert named_in({}, "session-1", sticky=True) == ["session-1"]
    assert subject_in({"conversation": "session-1"}) == ""
