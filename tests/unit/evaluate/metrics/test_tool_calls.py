import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Mark, metric_of
from tuneworthy.evaluate.metrics.tool_call_match import tool_call_match

CALL = '{"name": "book", "arguments": {"city": "Paris", "days": 3}}'
ACCEPTED = {
    "name": "book",
    "arguments": {"city": ["Paris", "PAR"], "days": [3], "note": ["", "none"]},
}


def case(expected: str, accepted: dict[str, Any] | None = None) -> Case:
    return Case(id="c", request="r", expected=expected, accepted=accepted)


def calls(output: str, one: Case, **options: Any) -> Mark:
    return metric_of(MetricSettings(name="tool_calls_match", options=options))(output, one)


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
def test_one_call(output: str, score: float, valid: bool) -> None:
    for mark in (
        tool_call_match(output, case(CALL, ACCEPTED)),
        calls(output, case(CALL, ACCEPTED)),
    ):
        assert (mark.score, mark.valid) == (score, valid)
        assert bool(mark.error) == (score == 0)


def test_a_call_without_accepted_values_must_be_the_expected_one():
    wanted = case('{"name": "f", "arguments": {"a": [1, "x"]}}')
    assert tool_call_match('{"name":"f","arguments":{"a":[1,"X"]}}', wanted).score == 1
    assert tool_call_match('{"name":"f","arguments":{"a":[1]}}', wanted).score == 0


def test_a_reference_that_is_no_call_is_told_as_such():
    for reference in ('{"name": "f", "arguments": 3}', '{"name": 3}', "a sentence"):
        assert tool_call_match(CALL, case(reference)).error == "no call in the reference"


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


TWO = json.dumps([call("f", a=1), call("g", b="x")])


@pytest.mark.parametrize(
    ("output", "score", "strict"),
    [
        (TWO, 1, 1),
        (json.dumps([call("g", b="X"), call("f", a=1)]), 1, 0),
        (f"First {json.dumps(call('f', a=1))} then {json.dumps(call('g', b='x'))}.", 1, 1),
        (json.dumps({"tool_calls": [
            {"type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
            {"type": "function", "function": {"name": "g", "arguments": '{"b": "x"}'}}]}), 1, 1),
        (json.dumps([call("f", a=1)]), 0, 0),
        (json.dumps([call("f", a=1), call("f", a=1)]), 0, 0),
        (json.dumps([call("f", a=1), call("g", b="x"), call("g", b="x")]), 0, 0),
        ("I can do neither.", 0, 0),
        ('[{"name": "f", "arguments": {"a": 1}}, {"name": "g", ', 0, 0),
    ],
)  # fmt: skip
def test_several_calls(output: str, score: float, strict: float) -> None:
    assert calls(output, case(TWO)).score == score
    assert calls(output, case(TWO), order="strict").score == strict


def test_calls_are_paired_as_well_as_can_be():
    wanted = {"calls": [{"name": "f", "arguments": {"a": [1, 2]}},
                        {"name": "f", "arguments": {"a": [1]}}]}  # fmt: skip
    # Taken greedily, the first call would use up what only the second one may have.
    both = json.dumps([call("f", a=1), call("f", a=2)])
    assert calls(both, case("x", wanted)).score == 1
    assert calls(json.dumps([call("f", a=2), call("f", a=2)]), case("x", wanted)).score == 0


@pytest.mark.parametrize("expected", ["[]", "None of these functions fits."])
def test_where_no_call_is_right_an_answer_without_one_is(expected: str) -> None:
    assert calls("I cannot look that up.", case(expected)).score == 1
    assert calls('{"tool_calls": []}', case(expected)).score == 1
    for blank in ("", "  ", "\u200b"):
        assert calls(blank, case(expected)) == Mark(score=0, valid=False, error="empty")
    assert calls(CALL, case(expected)).error == "called where none fits"
    assert calls('{"name": "f", "argum', case(expected)).error == "broken call"


@pytest.mark.parametrize(
    "broken",
    [
        CALL[:-1],
        '{"name": "f"}',
        '{"name": "f", "parameters": {}}',
        '{"tool_calls": [{"name": "f"}]}',
    ],
)
def test_a_right_answer_whose_call_cannot_be_read_lets_no_silence_pass(broken: str) -> None:
    for output in ("Sorry.", CALL):
        assert calls(output, case(broken)).error == "no call in the reference"
    two = Case(id="c", request="r", expected=broken, references=("None fits.",))
    assert calls("Sorry.", two).score == 1


@given(st.permutations([call("f", a=n) for n in range(4)]))
def test_any_order_is_right_and_only_one_is_strictly(order: list[dict[str, Any]]) -> None:
    wanted = [call("f", a=n) for n in range(4)]
    one = case(json.dumps(wanted))
    assert calls(json.dumps(order), one).score == 1
    assert calls(json.dumps(order), one, order="strict").score == float(order == wanted)


def test_the_right_answers_of_the_leaderboard_are_right_and_no_others():
    folder = os.environ.get("TUNEWORTHY_TEST_DATA")
    if not folder:
        pytest.skip("TUNEWORTHY_TEST_DATA names no folder with the public sets")
    lines = (Path(folder) / "bfcl/possible_answer/BFCL_v4_parallel.json").read_text().splitlines()
    truths = [json.loads(line)["ground_truth"] for line in lines if line.strip()]
    cases, answers = [], []
    for truth in truths:
        accepted = [
            {"name": name, "arguments": arguments}
            for one in truth
            for name, arguments in one.items()
        ]
        cases.append(case("x", {"calls": accepted}))
        answers.append([_first(one) for one in accepted])
    assert len(cases) == 200
    assert all(calls(json.dumps(a), c).score for a, c in zip(answers, cases, strict=True))
    assert all(calls(json.dumps(a[::-1]), c).score for a, c in zip(answers, cases, strict=True))
    assert not any(calls(json.dumps(a[:-1]), c).score for a, c in zip(answers, cases, strict=True))
    assert not any(calls("I cannot.", c).score for c in cases)


def _first(accepted: dict[str, Any]) -> dict[str, Any]:
    """A call of the first accepted values; optional arguments are left out."""
    kept = {name: v for name, v in accepted["arguments"].items() if "" not in v}
    return {"name": accepted["name"], "arguments": {n: _value(v[0]) for n, v in kept.items()}}


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _value(choices[0]) for name, choices in value.items() if "" not in choices}
    return value
