import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess.arms import CeilingArm
from tuneworthy.assess.signal_rule import above, share_signal
from tuneworthy.assess.signals import (
    Answered,
    Timings,
    delay,
    form,
    instructions,
    knowledge,
    measure_signals,
)
from tuneworthy.assess.wording import boilerplate, terminology, voice
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.project import Project, Source
from tuneworthy.core.nouns.requirements import Limits, Style, Term
from tuneworthy.core.nouns.run import CaseResult, Latency
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.methods.intervals import wilson

PROJECT = Project(
    id="p",
    use_case="route requests",
    goal="format",
    metric="json_match",
    target=0.75,
    sources=(Source(path="rows.jsonl"),),
)
TARGETS = [json.dumps({"service": name}) for name in ("iam", "ec2", "s3")] * 20


def project(**fields: Any) -> Project:
    return PROJECT.model_copy(update=fields)


def row(output: str, number: int = 0, **fields: Any) -> CaseResult:
    fields.setdefault("valid", True)
    return CaseResult(case=f"c{number}", output=output, score=0, **fields)


def case(number: int = 0, expected: str = "", **fields: Any) -> Case:
    return Case(id=f"c{number}", request="r", expected=expected, **fields)


def arm(kind: str, low: float, high: float, name: str = "a") -> CeilingArm:
    score = Interval(value=(low + high) / 2, low=low, high=high, n=200)
    return CeilingArm(name=name, kind=kind, score=score, valid_share=1, model="m", prompt=name)


# -- the shared rule --------------------


@given(st.integers(0, 400), st.integers(1, 400), st.floats(0, 1))
def test_a_share_is_a_yes_or_a_no_only_when_the_whole_interval_is(hits, n, threshold):
    hits = min(hits, n)
    found = share_signal("S1", hits, n, threshold, "")
    share = wilson(hits, n)
    assert (found.value, found.low, found.high, found.n) == (share.value, share.low, share.high, n)
    assert (found.answer == "yes") == (share.low > threshold)
    assert (found.answer == "no") == (share.high <= threshold)


@given(st.integers(0, 200), st.integers(1, 200), st.floats(0, 1))
def test_one_more_hit_never_takes_a_yes_away(hits, n, threshold):
    hits = min(hits, n - 1)
    place = {"no": 0, "unknown": 1, "yes": 2}
    less, more = (above(wilson(count, n), threshold) for count in (hits, hits + 1))
    assert place[more] >= place[less]


def test_nothing_seen_is_unknown_without_numbers():
    found = share_signal("S1", 0, 0, 0.1, "")
    assert (found.answer, found.value, found.low, found.n) == ("unknown", None, None, 0)


# -- S1 --------------------


@pytest.mark.parametrize(
    ("broken", "n", "answer"), [(60, 200, "yes"), (5, 200, "no"), (22, 200, "unknown")]
)
def test_s1_counts_answers_in_the_wrong_form(broken, n, answer):
    rows = [row("x", valid=i >= broken) for i in range(n)]
    found = form(rows)
    assert found.answer == answer
    assert found.value == broken / n
    assert "10%" in found.rule
    assert f"{broken} of {n}" in found.detail


# -- S2 --------------------


def s2(rows: list[CaseResult], targets: list[str] = TARGETS, **fields: Any) -> Any:
    cases = fields.pop("cases", {})
    return terminology(project(**fields), cases, rows, targets, first_object)


def test_s2_finds_values_outside_a_closed_set_of_targets():
    rows = [row('{"service": "IAM"}')] * 60 + [row('{"service": "identity"}')] * 40
    found = s2(rows)
    assert (found.answer, found.value, found.n) == ("yes", 0.4, 100)
    assert "identity" in found.detail


def test_s2_leaves_broken_answers_to_s1():
    rows = [row('{"service": "s3"}')] * 100 + [row("no object", valid=False)] * 50
    found = s2(rows)
    assert (found.answer, found.n) == ("no", 100)


def test_s2_ignores_the_order_of_keys():
    targets = ['{"a": 1, "b": 2}'] * 10
    assert s2([row('{"b": 2, "a": 1}')] * 100, targets).value == 0


def test_s2_is_unknown_for_open_answers_without_terms():
    targets = [f"answer number {n}" for n in range(100)]
    found = s2([row("anything")] * 100, targets, metric="exact_match")
    assert found.answer == "unknown"
    assert "'terms'" in found.rule


def test_s2_finds_forbidden_words_whole_and_in_any_case():
    terms = (Term(preferred="customer", forbidden=("client", "end user")),)
    rows = [row("The  Client's order")] * 20 + [row("clientele")] * 60 + [row("an End\nUser")] * 20
    found = s2(rows, ["t"] * 3, metric="exact_match", terms=terms)
    assert found.value == 0.4
    assert found.n == 100


def test_s2_says_when_the_training_targets_are_wrong_themselves():
    terms = (Term(preferred="customer", forbidden=("client",)),)
    found = s2([row("fine")] * 100, ["our client"] * 7 + ["x"] * 3, terms=terms)
    assert "7 of 10 training targets hold a forbidden word themselves" in found.detail


TOOL = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {"city": {}}}},
}


@pytest.mark.parametrize(
    ("output", "share"),
    [
        ('{"name": "f", "arguments": {"city": "x"}}', 0),
        ('{"name": "g", "arguments": {}}', 1),
        ('{"name": "f", "arguments": {"town": "x"}}', 1),
    ],
)
def test_s2_of_calls_compares_with_the_declared_names(output, share):
    cases = {"c0": case(tools=(TOOL,))}
    found = s2([row(output)] * 100, metric="tool_call_match", cases=cases)
    assert found.value == share


# -- S3 --------------------


def s3(rows: list[CaseResult], targets: list[str], **fields: Any) -> Any:
    cases = fields.pop("cases", {})
    return voice(project(metric="exact_match", **fields), cases, rows, targets)


def test_s3_finds_an_assistants_phrases():
    rows = [row("I hope  this helps!")] * 30 + [row("Done.")] * 70
    found = s3(rows, ["Done."])
    assert (found.answer, found.value) == ("yes", 0.3)
    assert "languages other than English" in found.detail


@pytest.mark.parametrize("quote", ["'", "\u2019"])
def test_s3_reads_both_apostrophes(quote):
    assert s3([row(f"I{quote}m just an AI")] * 100, ["Done."]).value == 1


def test_s3_forgives_phrases_that_the_targets_hold():
    rows = [row("Feel free to call.")] * 100
    assert s3(rows, ["Feel free to write."]).answer == "no"


def test_s3_looks_for_the_projects_own_forbidden_phrases():
    rows = [row("Dear Sir, done")] * 100
    assert s3(rows, ["Done."]).answer == "no"
    assert s3(rows, ["Done."], style=Style(forbidden=("dear sir",))).answer == "yes"


def test_s3_compares_lengths_and_needs_targets():
    rows = [row("x" * 30)] * 10
    assert "3.00 times" in s3(rows, ["t"], cases={"c0": case(expected="y" * 10)}).detail
    assert s3(rows, []).answer == "unknown"


@given(st.lists(st.text(max_size=80), min_size=1, max_size=30))
def test_answers_that_are_training_targets_never_drift(targets):
    rows = [row(target) for target in targets]
    assert s3(rows, targets).value == 0
    assert s2(rows, targets * 5, metric="exact_match").value in (0, None)


def test_the_phrases_are_normalised_and_distinct():
    assert len(set(boilerplate())) == len(boilerplate()) > 30
    assert all(phrase == phrase.strip().casefold() for phrase in boilerplate())


# -- S4 --------------------


@pytest.mark.parametrize(
    ("arms", "answer"),
    [
        ([], "unknown"),
        ([arm("few_shot", 0.1, 0.2)], "unknown"),
        ([arm("retrieval", 0.5, 0.7), arm("nearest_neighbour", 0.1, 0.2)], "yes"),
        ([arm("retrieval", 0.1, 0.2), arm("nearest_neighbour", 0.74, 0.8)], "unknown"),
        ([arm("retrieval", 0.75, 0.9)], "no"),
        ([arm("retrieval", 0.5, 0.75)], "unknown"),
    ],
)
def test_s4_compares_the_best_retrieval_with_the_target(arms, answer):
    assert knowledge(arms, 0.75).answer == answer


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1))
def test_s4_is_yes_exactly_when_the_upper_bound_is_below_the_target(a, b, target):
    found = knowledge([arm("retrieval", min(a, b), max(a, b))], target)
    assert (found.answer == "yes") == (max(a, b) < target)
    assert (found.answer == "no") == (min(a, b) >= target)


# -- S5 --------------------


def lengths(*tokens: int) -> list[CaseResult]:
    return [row("x", prompt_tokens=count) for count in tokens]


@pytest.mark.parametrize(
    ("rows", "context", "answer"),
    [
        (lengths(100, 8_000), None, "no"),
        (lengths(100, 8_001), None, "yes"),
        (lengths(2_000), 2_048, "yes"),
        (lengths(1_984), 2_048, "no"),
        (lengths(0, 0), None, "unknown"),
    ],
)
def test_s5_compares_the_longest_prompt_with_both_limits(rows, context, answer):
    assert instructions(rows, context, 64).answer == answer


@given(st.lists(st.integers(1, 20_000), min_size=1), st.none() | st.integers(200, 20_000))
def test_s5_is_yes_exactly_when_one_prompt_is_too_long(tokens, context):
    found = instructions(lengths(*tokens), context, 64)
    limit = min(8_000, 8_000 if context is None else context - 64)
    assert found.answer == ("yes" if max(tokens) > limit else "no")
    assert found.value == max(tokens)


# -- S6 --------------------

SLOW = project(limits=Limits(p95_seconds=2.0))


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [([3.0] * 100, "yes"), ([1.0] * 100, "no"), ([1.0] * 71, "unknown"), ([1.0] * 72, "no")],
)
def test_s6_compares_the_95th_percentile_with_the_limit(seconds, answer):
    assert delay(SLOW, Timings(seconds, "live")).answer == answer


def test_s6_without_limit_or_times_is_unknown_and_shows_what_there_is():
    seen = delay(PROJECT, Timings([1.0] * 100, "live"))
    assert (seen.answer, seen.value) == ("unknown", 1.0)
    assert "limits.p95_seconds is not set" in seen.detail
    assert delay(SLOW, None).answer == "unknown"


@pytest.mark.parametrize(
    ("p95", "n", "alone", "answer"),
    [
        (3.0, 100, True, "yes"),
        (2.0, 100, True, "no"),
        (3.0, 71, True, "unknown"),
        (3.0, 100, False, "unknown"),
    ],
)
def test_s6_of_a_run_needs_answers_asked_alone(p95, n, alone, answer):
    summary = Latency(p50=1, p95=p95, n=n, alone=alone)
    assert delay(SLOW, Timings((), "a run", summary)).answer == answer


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=200))
def test_s6_never_says_yes_when_every_answer_was_in_time(seconds):
    project_ = project(limits=Limits(p95_seconds=max(seconds)))
    assert delay(project_, Timings(seconds, "live")).answer != "yes"


# -- all six --------------------


def signals(answered: Answered | None) -> tuple[Any, ...]:
    return measure_signals(
        PROJECT,
        [arm("retrieval", 0.1, 0.2)],
        [],
        answered=answered,
        targets=TARGETS,
        timings=None,
        context=None,
        read=first_object,
    )


def test_all_six_are_always_there_in_order():
    rows = [row('{"service": "s3"}', prompt_tokens=9)] * 100
    found: tuple[Any, ...] = ()
    for answered in (None, Answered("a", [], {}), Answered("a", rows, {})):
        found = signals(answered)
        assert [item.id for item in found] == ["S1", "S2", "S3", "S4", "S5", "S6"]
        assert all(item.rule and item.detail and item.text for item in found)
    assert [item.answer for item in signals(None)] == ["unknown"] * 3 + ["yes"] + ["unknown"] * 2
    assert [item.answer for item in found] == ["no", "no", "no", "yes", "no", "unknown"]
