import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.adapters.json_end import JsonEnd

OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.text(max_size=8) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=6,
    ),
    max_size=4,
)


@given(st.text("ab \n", max_size=5), OBJECTS, st.data())
def test_an_object_is_closed_exactly_at_its_last_brace(
    before: str, value: dict[str, Any], data: st.DataObject
) -> None:
    text = before + json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    cut = data.draw(st.integers(0, len(text)))
    watcher = JsonEnd(text[:cut])
    for character in text[cut:-1]:
        assert not watcher.add(character)
    assert watcher.add(text[-1]) or cut == len(text)
    assert watcher.closed
