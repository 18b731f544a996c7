"""What holds of every metric, whatever the answer and the case."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.judging import AnswerScore, Criteria, JudgedAnswer
from tuneworthy.core.nouns.metric import MetricName, MetricSettings
from tuneworthy.core.nouns.recognising import Recognised
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.ports import ChatReply, ChatRequest
from tuneworthy.evaluate import (
    SPECS,
    Mark,
    Metric,
    MetricTools,
    form_check,
    metric_of,
    score_all,
    summarise,
)
from tuneworthy.evaluate.judges import JudgeModel, rate_answers

OPTIONS: dict[str, dict[str, Any]] = {
    "classification": {"labels": ["yes", "no", "yes please"]},
    "regex": {"pattern": r"^(a+)+$|\d"},
    "json_schema": {"schema": {"type": "object", "properties": {"a": {"pattern": "^(a|a)*$"}}}},
    "terms": {"must": ["yes"], "glossary": {"r": "s"}},
    "style": {
        "max_words": 9,
        "max_sentence_words": 5,
        "no_markdown": True,
        "not_person": ["first"],
    },
    "length": {"max_words": 9},
    "forbidden": {"also": ["the secret word"]},
    "groundedness": {"embeddings": True},
    "toxicity": {"labels": ["a"], "threshold": 0.5},
    "judge": {"criteria": [{"name": "c", "asks": "a?", "anchors": {"1": "bad", "3": "good"}}]},
}


def embed(texts: Any) -> Any:
    """Letters counted, scaled to length one: stands behind the embedder's port."""
    rows = [[text.count(chr(97 + n)) + 1e-3 for n in range(26)] for text in texts]
    vectors = np.asarray(rows, dtype=np.float32).reshape(len(texts), 26)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Rule:
    """Judges by the prompt's length; stands behind the model's port."""

    name, digest = "rule", "sha256:rule"

    def chat(self, requests: Sequence[ChatRequest], progress: Any = None) -> list[ChatReply]:
        said = [f"Score: {len(one.messages[-1].content) % 5}" for one in requests]
        return [
            ChatReply(text=text, prompt_tokens=1, completion_tokens=1, finish_reason="stop")
            for text in said
        ]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat([request])[0].text


def rate(_: str, criteria: Criteria, answers: Sequence[JudgedAnswer]) -> list[AnswerScore]:
    return rate_answers(JudgeModel(Rule(), "rule"), answers, criteria)


def recognise(_: str, texts: Sequence[str]) -> list[Recognised]:
    """Finds the letter, now and then nothing at all."""
    return [
        Recognised(error="timed out")
        if len(text) % 7 == 3
        else Recognised(scores={"a": text.count("a") / max(1, len(text))})
        for text in texts
    ]


TOOLS = MetricTools(embed=embed, rate=rate, recognise=recognise)


def made() -> dict[MetricName, tuple[MetricSettings, Metric]]:
    found = {}
    for name in SPECS:
        chosen = MetricSettings(name=name, options=OPTIONS.get(name, {}))
        try:
            found[name] = (chosen, metric_of(chosen, TOOLS))
        except ConfigProblem:
            # Only these may be missing: they need the extra 'metrics'.
            if name not in ("bleu", "chrf", "rouge"):
                raise
    return found


ALL = made()
NAMES = sorted(ALL)

BOMBS = {
    "nested lists": "[" * 50_000,
    "nested objects": '{"a":' * 20_000,
    "deep but whole": '{"a":' * 900 + "1" + "}" * 900,
    "deep call": '{"name": "f", "arguments": {"a": ' + "[" * 900 + "]" * 900 + "}}",
    "a huge number": '{"name": "f", "arguments": {"a": 1' + "0" * 400 + "}}",
    "digits": "9" * 90_000,
    "NUL": "\0" * 1000 + "a",
    "lone surrogates": "\ud800\udfff yes 5 {}",
    "one letter": "a" * 99_000,
    "a loop": "yes no " * 14_000,
    "dots": "a" + "." * 90_000,
    "brackets": "{[" * 45_000,
    "quotes": '"\\' * 45_000,
    "not a number": '{"a": NaN}',
    "commas": "1,111" * 19_000,
}

TEXT = st.text(max_size=60) | st.sampled_from(
    [
        "yes",
        "no",
        "5",
        '{"a": 1}',
        '{"name": "f", "arguments": {}}',
        "[]",
        "",
        " ",
        "\u200b",
        "\ud800",
    ]
)
WIDE = st.text(st.characters(), max_size=30)


def case(expected: str, **more: Any) -> Case:
    return Case(id="c", request="r", expected=expected, **more)


def sound(mark: Mark) -> None:
    assert 0 <= mark.score <= 1
    assert mark.valid or mark.score == 0
    assert bool(mark.error) == (mark.score < 1)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    output=TEXT | WIDE,
    expected=TEXT,
    references=st.lists(TEXT, max_size=2),
    context=TEXT,
    accepted=st.none() | st.dictionaries(st.sampled_from(["name", "arguments", "calls"]), TEXT),
    forbidden=st.lists(TEXT, max_size=2),
)
def test_no_metric_raises(
    name: MetricName,
    output: str,
    expected: str,
    references: list[str],
    context: str,
    accepted: dict[str, Any] | None,
    forbidden: list[str],
) -> None:
    one = case(
        expected,
        references=tuple(references),
        context=context,
        accepted=accepted,
        forbidden=tuple(forbidden),
        turns=(Message(role="user", content=context),),
    )
    chosen, metric = ALL[name]
    sound(metric(output, one))
    form_check(chosen)(output)
    figures = summarise(chosen, [output, ""], [one, one], TOOLS)
    json.dumps(figures, allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_no_answer_is_too_much(name: MetricName, bomb: str) -> None:
    chosen, metric = ALL[name]
    one = case('{"name": "f", "arguments": {"a": 1.5}}', context="Five of them. Yes.")
    started = time.process_time()
    sound(metric(BOMBS[bomb], one))
    form_check(chosen)(BOMBS[bomb])
    # Seconds of the processor, with room for a slow machine: what is quadratic takes minutes.
    assert time.process_time() - started < 20


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", ["", " \n\t", "\0\0", "\u200b\ufeff"])
@pytest.mark.parametrize("expected", ["yes", "5", "refuse", "answer", '{"a": 1}', ""])
def test_an_empty_answer_never_passes(name: MetricName, blank: str, expected: str) -> None:
    mark = ALL[name][1](blank, case(expected, context="yes 5", forbidden=("yes",)))
    assert mark.score == 0
    assert not mark.valid
    assert not form_check(ALL[name][0])(blank) or blank.strip()


@pytest.mark.parametrize("name", NAMES)
def test_an_endless_answer_never_passes(name: MetricName) -> None:
    mark = ALL[name][1]("yes 5 " * 170_000, case("yes 5", context="yes 5", forbidden=("x",)))
    assert (mark.score, mark.error) == (0, "endless")


@pytest.mark.parametrize("name", [n for n in NAMES if SPECS[n].needs.startswith("reference")])
@pytest.mark.parametrize("expected", ["", " \n"])
def test_a_case_without_a_reference_is_told_as_such(name: MetricName, expected: str) -> None:
    for output in ("", "yes", "{}", "5"):
        mark = ALL[name][1](output, case(expected, references=("", " ")))
        assert (mark.score, mark.valid, mark.error) == (0, False, "no reference")


def test_a_case_without_context_is_told_as_such():
    assert ALL["groundedness"][1]("Yes.", case("yes")).error == "no context"


EXACT = [
    "exact_match", "normalised_match", "token_f1", "contains", "json_match", "json_fields",
    "tool_call_match", "tool_calls_match", "number_match", "bleu", "chrf", "rouge", "similarity",
]  # fmt: skip
RIGHT = '{"name": "book", "arguments": {"city": "Paris", "days": 3}}'


@pytest.mark.parametrize("name", [n for n in EXACT if n in ALL])
def test_the_right_answer_gets_one_and_so_does_a_further_one(name: MetricName) -> None:
    metric = ALL[name][1]
    assert metric(RIGHT, case(RIGHT)).score == 1
    assert metric(RIGHT, case("something else 7", references=("again 8", RIGHT))).score == 1
    assert metric("quite another 9", case(RIGHT)).score < 1


@pytest.mark.parametrize("name", ["exact_match", "normalised_match", "token_f1", "json_fields"])
@given(one=TEXT, other=TEXT)
def test_equality_and_overlap_are_symmetric(name: MetricName, one: str, other: str) -> None:
    metric = ALL[name][1]
    forth, back = metric(one, case(other)), metric(other, case(one))
    unjudged = {"no reference", "empty"}
    if not {forth.error, back.error} & unjudged and forth.valid and back.valid:
        assert forth.score == pytest.approx(back.score)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=4))
def test_scoring_together_is_scoring_one_by_one(rows: list[tuple[str, str, str]]) -> None:
    outputs = [output for output, _, _ in rows]
    cases = [case(expected, context=context) for _, expected, context in rows]
    for name in ("similarity", "groundedness", "exact_match"):
        chosen, metric = ALL[name]
        together = score_all(chosen, outputs, cases, TOOLS)
        for mark, output, one in zip(together, outputs, cases, strict=True):
            assert mark.score == pytest.approx(metric(output, one).score, abs=1e-6)


def test_the_embedder_is_asked_once_for_each_text():
    asked: list[str] = []

    def heard(texts: Any) -> Any:
        asked.extend(texts)
        return embed(texts)

    cases = [case("one answer"), case("one answer"), case("")]
    score_all(MetricSettings(name="similarity"), ["a", "a", "b"], cases, MetricTools(embed=heard))
    assert sorted(asked) == ["a", "one answer"]
    grounded = MetricSettings(name="groundedness")
    score_all(grounded, ["A."], [case("", context="A.")], MetricTools(embed=heard))
    assert len(asked) == 2


def test_half_a_character_in_a_right_answer_or_context_is_mended_before_it_is_embedded():
    def strict(texts: Any) -> Any:
        for text in texts:
            text.encode()  # a tokenizer takes what has a UTF-8 form, and nothing else
        return embed(texts)

    tools = MetricTools(embed=strict)
    odd = case("\ud800 yes", context="\udfff yes.")
    grounded = MetricSettings(name="groundedness", options={"embeddings": True})
    for chosen in (MetricSettings(name="similarity"), grounded):
        (mark,) = score_all(chosen, ["yes."], [odd], tools)
        assert mark == metric_of(chosen, tools)("yes.", odd)


def test_cases_of_one_group_show_how_far_their_scores_lie_apart():
    cases = [case("a", group="g"), case("a", group="g"), case("a", group="h"), case("a")]
    figures = summarise(MetricSettings(name="exact_match"), ["a", "b", "a", "a"], cases)
    assert figures == {"score": 0.75, "valid": 1.0, "group_gap": 1.0}
