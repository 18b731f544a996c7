import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Mark, answer_ends, form_check, metric_of, summarise
from tuneworthy.evaluate.metrics.first_json import first_object

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=6), JSON, max_size=4)


def settings_for(name: str, **options: Any) -> MetricSettings:
    return MetricSettings.model_validate({"name": name, "options": options})


def mark(name: str, output: str, expected: str, **options: Any) -> Mark:
    one = Case(id="c", request="r", expected=expected)
    return metric_of(settings_for(name, **options))(output, one)


@given(OBJECTS)
def test_json_match_takes_any_writing_of_the_same_object(value: dict[str, Any]) -> None:
    said = json.dumps(value, indent=2, sort_keys=True)
    assert mark("json_match", said, json.dumps(value)).score == 1


@given(OBJECTS.map(json.dumps), st.text(max_size=10))
def test_what_matches_has_the_form(expected: str, after: str) -> None:
    if mark("json_match", expected + after, expected).score == 1:
        assert form_check(settings_for("json_match"))(expected + after)


@pytest.mark.parametrize(
    ("said", "wanted", "score"),
    [
        ('{"a": 1.0}', '{"a": 1}', 1),
        ('{"a": true}', '{"a": 1}', 0),
        ('{"a": [1, false]}', '{"a": [1, 0]}', 0),
        ('{"a": NaN}', '{"a": NaN}', 0),
        ('{"a": 1}', '[{"b": 1}]', 0),
    ],
)
def test_json_values_are_equal_by_the_rules_of_json(said: str, wanted: str, score: int) -> None:
    assert mark("json_match", said, wanted).score == score


@pytest.mark.parametrize(
    ("said", "options", "score", "error"),
    [
        ('{"a": 1, "b": {"c": "x"}, "l": ["p", "q"]}', {}, 1, ""),
        ('{"l": ["q", "p"], "b": {"c": " x "}, "a": 1.0}', {}, 1, ""),
        ('{"a": 1, "b": {"c": "X"}, "l": ["p", "q"]}', {}, 0.75, "field .b.c"),
        ('{"a": 1, "b": {"c": "X"}, "l": ["p", "q"]}', {"case": False}, 1, ""),
        ('{"a": 1}', {}, 0.4, "field .l[]"),
        ('{"a": 1}', {"count": "share"}, 0.25, "field .l[]"),
        ('{"a": 1}', {"fields": ["a"]}, 1, ""),
        ('{"a": 1, "b": {"c": "x"}, "l": ["p", "q"], "z": 0}', {}, 8 / 9, "field .z"),
        ('{"a": 1, "b": {"c": "x"}, "l": ["p", "q"], "z": 0}', {"count": "share"}, 1, ""),
        ('{"a": true}', {"fields": ["a"]}, 0, "field .a"),
        ("a is 1", {}, 0, "no JSON object"),
    ],
)
def test_fields(said: str, options: Any, score: float, error: str) -> None:
    found = mark("json_fields", said, '{"a": 1, "b": {"c": "x"}, "l": ["p", "q"]}', **options)
    assert found.score == pytest.approx(score)
    assert found.error[:7] == error[:7]


@given(OBJECTS, OBJECTS)
def test_all_fields_are_right_where_the_objects_are_equal(one: Any, other: Any) -> None:
    score = mark("json_fields", json.dumps(one), json.dumps(other)).score
    if other and mark("json_match", json.dumps(one), json.dumps(other)).score:
        assert score == 1
    reference = mark("json_fields", json.dumps({}), json.dumps(other))
    assert reference.score == 0


def test_fields_over_all_cases_weigh_each_field_alike():
    cases = [
        Case(id="1", request="r", expected='{"a": 1}'),
        Case(id="2", request="r", expected='{"a": 1, "b": 2, "c": 3}'),
    ]
    figures = summarise(settings_for("json_fields"), ['{"a": 1}', "no"], cases)
    assert figures["micro_f1"] == pytest.approx(2 * 1 / (1 + 4))
    assert figures["score"] == 0.5


SCHEMA = {
    "type": "object",
    "required": ["service"],
    "properties": {
        "service": {"enum": ["iam", "s3"]},
        "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "next": {"$ref": "#/$defs/step"},
    },
    "patternProperties": {"^x_": {"type": "integer"}},
    "$defs": {"step": {"type": "array", "maxItems": 1}},
}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ('{"service": "iam"}', ""),
        ('Sure: {"service": "iam", "code": "AB", "next": [1], "x_a": 1}', ""),
        ('{"service": "ec2"}', "$.service: enum"),
        ('{"service": "iam", "code": "abc"}', "$.code: pattern"),
        ('{"service": "iam", "next": [1, 2]}', "$.next: maxItems"),
        ('{"service": "iam", "x_a": "1"}', "$.x_a: type"),
        ("{}", "$: required"),
        ('[{"service": "iam"}]', "$: type"),
        ("service: iam", "no JSON object or list"),
        ('{"service": ', "no JSON object or list"),
    ],
)
def test_schema(said: str, error: str) -> None:
    found = mark("json_schema", said, "", schema=SCHEMA)
    assert (found.error, found.score, found.valid) == (error, float(not error), not error)
    assert form_check(settings_for("json_schema", schema=SCHEMA))(said) == (not error)


def test_nothing_but_the_json_may_be_asked_for():
    assert mark("json_schema", 'Sure: {"service": "iam"}', "", schema=SCHEMA, alone=True).score == 0
    assert mark("json_schema", ' {"service": "iam"}\n', "", schema=SCHEMA, alone=True).score == 1


def test_where_nothing_may_follow_the_model_ends_its_answer_itself():
    assert answer_ends(settings_for("json_schema", schema=SCHEMA)) == "json"
    assert answer_ends(settings_for("json_schema", schema=SCHEMA, alone=True)) == ""
    assert answer_ends(settings_for("valid")) == answer_ends(settings_for("json_match")) == "json"
    assert answer_ends(settings_for("valid", form="json")) == ""
    assert answer_ends(settings_for("exact_match")) == ""


@pytest.mark.parametrize(
    ("form", "said", "score"),
    [
        ("json", "[1]", 1),
        ("json", "{} and more", 0),
        ("json_object", "{} and more", 1),
        ("json_object", "[1]", 0),
        ("tool_call", '{"name": "f", "arguments": {}}', 1),
        ("tool_call", '{"name": "f"}', 0),
    ],
)
def test_valid(form: str, said: str, score: float) -> None:
    assert mark("valid", said, "", form=form).score == score


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{x}: {"a":1}', {"a": 1}),
        ("{'a': {}} or {\"b\": 2}", {"b": 2}),
        ('{x {y}} then {"a": {}}', {"a": {}}),
        ('{"a": {"b": 1}', None),
        ('{"a": NaN, "c": {"b": 1}}', None),
        ("{" * 5000, None),
        ("{x}" * 5000, None),
        ("none", None),
    ],
)
def test_the_first_object_that_is_json_counts_and_no_part_of_a_broken_one(text, found):
    assert first_object(text) == found


@given(OBJECTS, st.text(alphabet="ab \"':,}", max_size=10))
def test_braces_before_the_object_do_not_hide_it(value: dict[str, Any], said: str) -> None:
    before = "{" + said.replace("}", "") + "!}"
    assert first_object(f"{before} {json.dumps(value)}") == value
