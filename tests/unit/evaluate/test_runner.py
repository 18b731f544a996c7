from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress
from tuneworthy.evaluate import Retriever, as_case, as_trained, compare, render, run_arm
from tuneworthy.evaluate.metrics.exact_match import exact_match

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Get the\nweather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Where"},
                "days": {"type": "array", "items": {"type": "integer"}},
            },
            "required": ["city"],
        },
    },
}


def example(number: int, request: str, target: str, group: str = "") -> Example:
    return Example(
        id=f"e{number}",
        messages=(Message(role="user", content=request), Message(role="assistant", content=target)),
        tools=(TOOL,),
        provenance=Provenance(source="s", row=number, group=group),
    )


TRAIN = [
    example(1, "open the door", "open", "a"),
    example(2, "close the door", "close", "b"),
    example(3, "close the window", "close", "b"),
    example(4, "water the plants", "water", "c"),
]


class Letters:
    """Embeds a text by its letters: near texts are near."""

    name = "letters"

    def embed(self, texts: Sequence[str]) -> "np.ndarray[Any, Any]":
        rows = np.array([[text.count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
        unit: np.ndarray[Any, Any] = rows / np.maximum(
            1e-9, np.linalg.norm(rows, axis=1, keepdims=True)
        )
        return unit


class Parrot:
    """Answers with the last user turn's last word, and remembers what it was asked."""

    name = "parrot"
    digest = "sha256:parrot"

    def __init__(self) -> None:
        self.asked: list[ChatRequest] = []

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        del progress
        self.asked += requests
        return [
            ChatReply(
                text=request.prefill + request.messages[-1].content.split()[-1],
                prompt_tokens=1,
                completion_tokens=1,
                finish_reason="stop",
            )
            for request in requests
        ]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat([request])[0].text


def test_nearest_neighbour_copies_the_answer_of_the_most_similar_request():
    cases = [as_case(example(9, "please close that window", "close"))]
    arm = Arm(id="nn", arm="nearest_neighbour", k=1)
    result = run_arm(
        arm,
        cases,
        TRAIN,
        exact_match,
        client=None,
        retriever=Retriever(TRAIN, Letters()),
    )
    assert result.results[0].output == "close"
    assert result.score.value == 1


def test_few_shot_shows_distinct_answers_as_turns():
    parrot = Parrot()
    arm = Arm(id="fs", arm="few_shot", k=3, system="Do.", user="Say: {request}")
    case = as_case(example(9, "go home", "home"))
    run_arm(arm, [case], TRAIN, exact_match, client=parrot, retriever=None)
    messages = parrot.asked[0].messages
    assert [m.role for m in messages] == ["system", *["user", "assistant"] * 3, "user"]
    assert {m.content for m in messages if m.role == "assistant"} == {"open", "close", "water"}
    assert messages[-1].content == "Say: go home"


def test_retrieval_puts_the_nearest_example_next_to_the_question():
    parrot = Parrot()
    arm = Arm(id="r", arm="retrieval", k=2)
    case = as_case(example(9, "water the plants now", "water"))
    retriever = Retriever(TRAIN, Letters())
    run_arm(arm, [case], TRAIN, exact_match, client=parrot, retriever=retriever)
    assert parrot.asked[0].messages[-3].content == "water the plants"


def test_training_sees_exactly_the_prompt_that_is_asked():
    arm = Arm(id="t", arm="tuned", system="Call.", user="{tools}\nRequest: {request}")
    trained = as_trained(arm, TRAIN[0])
    asked = render(arm, as_case(TRAIN[0]))
    assert trained.messages[:-1] == asked.messages
    assert trained.target == "open"


def test_a_schema_is_rendered_in_plain_lines():
    arm = Arm(id="t", arm="zero_shot", user="{tools}|{name}|{skeleton}|{unknown}")
    text = render(arm, as_case(TRAIN[0])).messages[0].content
    schema, name, skeleton, unknown = text.split("|")
    assert schema == (
        "weather: Get the weather\n- city (string, required): Where\n"
        "- days (array of integer, optional): "
    )
    assert name == "weather"
    assert skeleton == (
        '{"name": "weather", "arguments": {"city": "<string>", "days": "<array of integer>"}}'
    )
    assert unknown == "{unknown}"


@given(st.text(max_size=60))
def test_a_request_is_put_in_as_it_is(text: str) -> None:
    case = as_case(example(1, text or "x", "y"))
    arm = Arm(id="t", arm="zero_shot", user="<{request}>")
    assert render(arm, case).messages[0].content == f"<{case.request}>"


def results(scores: Sequence[float]) -> list[CaseResult]:
    return [
        CaseResult(case=str(i), output="", score=score, valid=True)
        for i, score in enumerate(scores)
    ]


def test_comparison_counts_what_is_newly_right_and_wrong():
    better, worse = results([1.0] * 60 + [0.0] * 40), results([0.0] * 50 + [1.0] * 10 + [0.0] * 40)
    found = compare("suite", ("run-a", better), ("run-b", worse), "plain")
    assert (found.newly_right, found.newly_wrong) == (50, 0)
    assert found.delta.value == pytest.approx(0.5)
    assert found.verdict == "clearly better"
    assert compare("suite", ("run-b", worse), ("run-a", better), "x").verdict == "clearly worse"


def test_runs_over_other_cases_are_not_compared():
    with pytest.raises(ValueError, match="same cases"):
        compare("s", ("a", results([1])), ("b", results([1, 0])), "x")
