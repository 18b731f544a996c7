import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.adapters.json_end import JsonEnd
from tuneworthy.evaluate.metrics.first_json import first_object

OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.text(max_size=8) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=6,
    ),
    max_size=4,
)
NOTES = st.lists(st.sampled_from(["ab ", "\n", "[1] ", "[see] ", "{a: 1} ", "[] "]), max_size=3)


@given(NOTES.map("".join), OBJECTS | st.lists(OBJECTS, min_size=1, max_size=3), st.data())
def test_json_is_closed_exactly_at_its_last_sign_whatever_stands_before(
    before: str, value: Any, data: st.DataObject
) -> None:
    text = before + json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    cut = data.draw(st.integers(0, len(text)))
    watcher = JsonEnd(text[:cut])
    for character in text[cut:-1]:
        assert not watcher.add(character)
    assert watcher.add(text[-1]) or cut == len(text)
    assert watcher.closed


@given(st.text('ab{}[]":\\ 1,', max_size=40))
def test_what_is_cut_off_is_scored_as_the_whole_would_be(text: str) -> None:
    watcher = JsonEnd()
    end = next((n for n, sign in enumerate(text, 1) if watcher.add(sign)), len(text))
    if first_object(text) is not None:
        assert first_object(text[:end]) == first_object(text)
