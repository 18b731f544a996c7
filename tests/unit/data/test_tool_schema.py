"""Tool calls against declarations that anybody may have written."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.checks.rows.tool_schema import fails

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYWORDS = st.sampled_from(
    ["type", "properties", "required", "additionalProperties", "pattern", "patternProperties",
     "items", "enum", "$ref", "$dynamicRef", "$id", "$defs", "anyOf", "not", "minimum",
     "multipleOf", "uniqueItems", "format", "default"]
)  # fmt: skip
SCHEMAS = st.dictionaries(KEYWORDS, JSON | st.dictionaries(KEYWORDS, JSON, max_size=3), max_size=5)


def call(arguments: Any, parameters: Any) -> Example:
    target = json.dumps({"name": "f", "arguments": arguments})
    turns = (Message(role="user", content="Do it"), Message(role="assistant", content=target))
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    where = Provenance(source="a.jsonl", row=1)
    return Example(id="sha256:0", messages=turns, tools=(tool,), provenance=where)


@given(parameters=SCHEMAS, arguments=st.dictionaries(st.text(max_size=4), JSON, max_size=3))
def test_no_declaration_makes_the_check_fail_itself(parameters, arguments):
    assert fails(call(arguments, parameters)) in (True, False)


@pytest.mark.parametrize("properties", [[], "x", None, 3, [{}]])
def test_properties_that_are_no_object_are_a_fault_of_the_row(properties):
    assert fails(call({"x": 1}, {"type": "object", "properties": properties}))


@pytest.mark.parametrize("keyword", ["pattern", "patternProperties"])
def test_a_pattern_cannot_take_hours(keyword):
    hard = {"pattern": "^(a+)+$"} if keyword == "pattern" else {}
    parameters: dict[str, Any] = {"type": "object", "properties": {"x": hard, "a" * 40 + "!": {}}}
    if keyword == "patternProperties":
        parameters["patternProperties"] = {"^(a+)+$": False}
    started = time.process_time()
    assert fails(call({"x": "a" * 40 + "!"}, parameters)) == (keyword == "pattern")
    assert not fails(call({"a" * 40 + "!": 1}, parameters))
    assert time.process_time() - started < 2


ROOM = {"$defs": {"room": {"enum": ["hall"]}}, "properties": {"r": {"$ref": "#/$defs/room"}}}


def test_a_reference_is_followed_inside_the_declaration_and_nowhere_else():
    assert not fails(call({"r": "hall"}, ROOM))
    assert fails(call({"r": "attic"}, ROOM))
    for elsewhere in ("https://example.com/room.json", "#/$defs/none", "file:///etc/hosts"):
        assert fails(call({"r": "hall"}, {"properties": {"r": {"$ref": elsewhere}}}))


def test_a_pattern_is_kept_where_it_can_be_read_and_else_not_checked():
    assert not fails(call({"x": "aa"}, {"properties": {"x": {"pattern": "^a+$"}}}))
    assert fails(call({"x": "ab"}, {"properties": {"x": {"pattern": "^a+$"}}}))
    assert not fails(call({"x": "ab"}, {"properties": {"x": {"pattern": "(?=b)a"}}}))


def test_a_property_may_have_the_name_of_a_keyword():
    parameters = {
        "type": "object",
        "properties": {"format": {"type": "string"}, "pattern": {"type": "string"}},
        "additionalProperties": False,
    }
    assert not fails(call({"format": "pdf", "pattern": "("}, parameters))
    assert fails(call({"format": 1}, parameters))
