import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import METRICS, form_check
from tuneworthy.evaluate.metrics import exact_match, json_match, tool_call_match

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=6), JSON, max_size=4)


def case(expected: str, accepted: dict[str, Any] | None = None) -> Case:
    return Case(id="c", request="r", expected=expected, accepted=accepted)


CALL = case(
    '{"name": "book", "arguments": {"city": "Paris", "days": 3}}',
    {"name": "book", "arguments": {"city": ["Paris", "PAR"], "days": [3], "note": ["", "none"]}},
)


@pytest.mark.parametrize(
    ("output", "score", "valid"),
    [
        ('{"name": "book", "arguments": {"city": "Paris", "days": 3}}', 1, True),
        ('Sure: {"name": "book", "arguments": {"city": "par", "days": 3.0}} done', 1, True),
        ('{"name": "book", "arguments": {"city": "Paris", "days": 3, "note": "none"}}', 1, True),
        ('{"name": "book", "arguments": {"city": "Paris"}}', 0, True),
        ('{"name": "book", "arguments": {"city": "Paris", "days": 4}}', 0, True),
        ('{"name": "book", "arguments": {"city": "Paris", "days": 3, "x": 1}}', 0, True),
        ('{"name": "cook", "arguments": {"city": "Paris", "days": 3}}', 0, True),
        ('{"name": "book", "arguments": {"city": "Paris", "days": true}}', 0, True),
        ('{"name": "book"}', 0, False),
        ("book(Paris, 3)", 0, False),
        ("", 0, False),
        ('{"name": "book", "arguments": ', 0, False),
    ],
)
def test_tool_call_match(output: str, score: float, valid: bool) -> None:
    mark = tool_call_match(output, CALL)
    assert (mark.score, mark.valid) == (score, valid)
    assert bool(mark.error) == (score == 0)


def test_a_call_without_accepted_values_must_be_the_expected_one():
    wanted = case('{"name": "f", "arguments": {"a": [1, "x"]}}')
    assert tool_call_match('{"name":"f","arguments":{"a":[1,"X"]}}', wanted).score == 1
    assert tool_call_match('{"name":"f","arguments":{"a":[1]}}', wanted).score == 0


@given(OBJECTS)
def test_json_match_takes_any_writing_of_the_same_object(value: dict[str, Any]) -> None:
    wanted = case(json.dumps(value))
    assert json_match(json.dumps(value, indent=2, sort_keys=True), wanted).score == 1


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_metric_breaks_on_any_text(output: str, expected: str) -> None:
    for name, metric in METRICS.items():
        mark = metric(output, case(expected))
        assert 0 <= mark.score <= 1
        assert mark.valid or not mark.score
        form_check(name)(output)


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4))
def test_exact_match_ignores_white_space_alone(words: list[str]) -> None:
    assert exact_match("\n " + "  ".join(words) + "\t", case(" ".join(words))).score == 1
    assert exact_match("".join(words) + "d", case(" ".join(words))).score == 0


@given(OBJECTS.map(json.dumps), st.text(max_size=10))
def test_what_matches_has_the_form(expected: str, after: str) -> None:
    output = expected + after
    if json_match(output, case(expected)).score == 1:
        assert form_check("json_match")(output)
