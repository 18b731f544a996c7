"""Conversations: what is trained, what is judged and what is served are the same turns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.api.asker import asker
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.project import Project, Source
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.evaluate import as_case, as_trained, render
from tuneworthy.methods.canonical import digest

PROJECT = Project(
    id="p",
    use_case="u",
    goal="format",
    metric="exact_match",
    target=0.5,
    sources=(Source(path="x"),),
)
ARM = Arm(id="a", arm="tuned", system="Be short.", user="Q: {request}")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def chat(*turns: tuple[str, str]) -> Example:
    messages = tuple(Message.model_validate({"role": r, "content": c}) for r, c in turns)
    return Example(id="e", messages=messages, provenance=Provenance(source="s", row=1))


@given(st.lists(st.tuples(WORDS, WORDS), max_size=4), WORDS, WORDS)
def test_a_conversation_is_trained_judged_and_served_alike(
    earlier: list[tuple[str, str]], request: str, target: str
) -> None:
    turns = [turn for u, a in earlier for turn in (("user", u), ("assistant", a))]
    example = chat(*turns, ("user", request), ("assistant", target))
    trained = as_trained(ARM, example).messages
    judged = render(ARM, as_case(example)).messages
    sent = [{"role": role, "content": text} for role, text in (*turns, ("user", request))]
    served = asker(ARM, PROJECT)({"messages": sent})["messages"]
    assert trained == (*judged, Message(role="assistant", content=target))
    assert served == [message.model_dump() for message in judged]
    assert [m.content for m in judged] == ["Be short.", *(t for _, t in turns), f"Q: {request}"]


def test_a_single_turn_keeps_its_digest() -> None:
    case = as_case(chat(("system", "s"), ("user", "r"), ("assistant", "t")))
    assert case == Case(id="e", request="r", expected="t")
    assert set(case.model_dump()) == {
        *("id", "request", "expected", "tools", "accepted", "segment"),
    }
    assert digest(case) == digest(
        {"id": "e", "request": "r", "expected": "t", "tools": [], "accepted": None, "segment": ""}
    )


def test_a_worked_example_shows_its_own_conversation() -> None:
    shot = chat(("user", "hi"), ("assistant", "yes?"), ("user", "one"), ("assistant", "1"))
    asked = render(ARM, Case(id="c", request="two", expected="2"), [shot])
    assert [m.content for m in asked.messages] == [
        "Be short.",
        "hi",
        "yes?",
        "Q: one",
        "1",
        "Q: two",
    ]


def test_context_and_choices_stand_in_the_prompt() -> None:
    arm = Arm(id="a", arm="zero_shot", user="{context}|{request}\n{choices}")
    case = Case(id="c", request="r", expected="x", context="known", choices=("x", "y"))
    assert render(arm, case).messages[0].content == "known|r\nA. x\nB. y"


def test_more_than_26_choices_have_letters_too() -> None:
    case = Case(id="c", request="", expected="", choices=tuple(map(str, range(28))))
    lines = render(Arm(id="a", arm="zero_shot", user="{choices}"), case).messages[0].content
    assert lines.splitlines()[25:] == ["Z. 25", "AA. 26", "AB. 27"]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "s"}, {"role": "user", "content": "r"}],
        [{"role": "user", "content": "r"}, {"role": "assistant", "content": "a"}],
        [{"role": "user", "content": [{"type": "text", "text": "r"}]}],
        [{"role": "tool", "content": "t"}, {"role": "user", "content": "r"}],
        [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "", "tool_calls": [{}]},
            {"role": "user", "content": "r"},
        ],
        [],
        None,
        ["r"],
    ],
)
def test_what_is_no_plain_conversation_is_passed_on(messages: Any) -> None:
    body = {"messages": messages, "model": "m"}
    assert asker(ARM, PROJECT)(body) == body
