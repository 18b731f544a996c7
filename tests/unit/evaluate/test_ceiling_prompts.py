"""What a prompt says, prompts made from the use case, and steps that build on one another."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tuneworthy.config.project_file import load_arms
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.project import Project, Source
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress
from tuneworthy.evaluate import (
    Asker,
    as_case,
    derivation,
    derive_arms,
    is_structured,
    prompt_digest,
    run_arm,
    structure_fault,
    words_digest,
)
from tuneworthy.evaluate.metrics.exact_match import exact_match
from tuneworthy.evaluate.render import STEP_TOKENS
from tuneworthy.methods.canonical import digest

FOUR = (
    "Persona: you route requests in a team.\nContext: each request is about one service.\n"
    "Task: name the service.\nFormat: one word and nothing else."
)
TOOL = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
}


def project(**fields: object) -> Project:
    facts: dict[str, object] = {
        "id": "p",
        "use_case": "Name the service that a request is about.",
        "goal": "format",
        "metric": "exact_match",
        "target": 0.8,
        "sources": (Source(path="rows.jsonl"),),
        "max_new_tokens": 16,
    }
    return Project.model_validate(facts | fields)


def row(number: int, request: str, target: str, tools: Sequence[object] = ()) -> Example:
    return Example.model_validate(
        {
            "id": f"e{number}",
            "messages": (
                Message(role="user", content=request),
                Message(role="assistant", content=target),
            ),
            "tools": tools,
            "provenance": Provenance(source="s", row=number),
        }
    )


def rows(count: int, words: int = 3, answers: int = 20) -> list[Example]:
    return [row(n, f"{'word ' * words}{n}", f"answer {n % answers}") for n in range(count)]


class Scribe:
    """Answers with how often it was asked, and remembers every request."""

    name = "scribe"
    digest = "sha256:scribe"

    def __init__(self) -> None:
        self.asked: list[ChatRequest] = []

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        del progress
        replies = []
        for request in requests:
            self.asked.append(request)
            text = f"{request.prefill}{{request}} {len(self.asked)}"
            replies.append(
                ChatReply(text=text, prompt_tokens=7, completion_tokens=2, finish_reason="stop")
            )
        return replies

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat([request])[0].text


# -- structured -------------------------------------------------------------------------------


@pytest.mark.parametrize("example", ["services", "tools"])
def test_the_structured_prompts_of_the_examples_are_structured(example):
    folder = Path(str(files("tuneworthy.lifecycle") / "examples" / example))
    arms = {arm.id: arm for arm in load_arms(folder, project())}
    assert [name for name, arm in arms.items() if is_structured(arm)] == ["structured"]


def test_a_template_that_nobody_filled_in_is_not_structured():
    folder = Path(str(files("tuneworthy.lifecycle") / "examples" / "blank"))
    assert not any(is_structured(arm) for arm in load_arms(folder, project()))


@pytest.mark.parametrize(
    "text",
    [
        "Answer.",
        "This prompt has persona, context, task and format.",
        "Persona:\nContext:\nTask:\nFormat:",
        "Persona: x\nContext: y\nTask: z\nFormat: w",
        FOUR.replace("Context: each request is about one service.\n", ""),
        "\n".join(f"{name}: the same three words" for name in ("Persona", "Context", "Task")),
        "\n".join(f"{n}: the same three words" for n in ("Persona", "Context", "Task", "Format")),
        FOUR.replace("\n", " "),
    ],
)
def test_a_name_or_bare_words_make_no_structure(text):
    assert not is_structured(Arm(id="structured", arm="zero_shot", system=text, note=FOUR))


@pytest.mark.parametrize(
    "text",
    [
        FOUR,
        FOUR.upper(),
        "\n".join(reversed(FOUR.splitlines())),
        FOUR.replace("Persona:", "**Persona**:").replace("Task:", "- Task:"),
        "".join(f"## {line}\n".replace(": ", "\n") for line in FOUR.splitlines()),
    ],
)
def test_four_labelled_parts_are_structure_whatever_the_name(text):
    assert is_structured(Arm(id="a", arm="zero_shot", system=text))
    assert is_structured(Arm(id="a", arm="few_shot", user=text + "\n{request}"))
    assert not is_structured(Arm(id="a", arm="nearest_neighbour", system=text))


@given(st.text(max_size=300))
def test_any_text_can_be_judged(text: str) -> None:
    assert is_structured(Arm(id="a", arm="zero_shot", system=text)) in (True, False)


def test_one_prompt_under_five_names_is_one_prompt():
    arms = [
        Arm(id=f"a{n}", arm="zero_shot", system=f"Do it.{' ' * n}", note=str(n)) for n in range(5)
    ]
    assert len({digest(arm) for arm in arms}) == 5
    assert len({prompt_digest(arm) for arm in arms}) == 1
    assert prompt_digest(arms[0]) != prompt_digest(arms[0].model_copy(update={"k": 1}))


# -- steps ------------------------------------------------------------------------------------


def test_each_step_sees_the_answers_before_it():
    scribe = Scribe()
    arm = Arm(
        id="d",
        arm="decomposed",
        system="Do.",
        steps=("1 {request}", "2 {step1}", "3 {step1}|{step2}"),
        prefill="> ",
    )
    cases = [as_case(row(1, "one", "x")), as_case(row(2, "two", "x"))]
    result = run_arm(arm, cases, rows(3), exact_match, client=scribe, retriever=None, ends="json")
    texts = [request.messages[-1].content for request in scribe.asked]
    assert texts == [
        "1 one",
        "1 two",
        "2 {request} 1",
        "2 {request} 2",
        "3 {request} 1|{request} 3",
        "3 {request} 2|{request} 4",
    ], "an answer that looks like a slot is put in as it is"
    assert [r.prefill for r in scribe.asked] == [""] * 4 + ["> "] * 2
    assert [r.ends for r in scribe.asked] == [""] * 4 + ["json"] * 2
    assert {r.max_new_tokens for r in scribe.asked[:4]} == {STEP_TOKENS}
    assert result.results[0].output == "> {request} 5"
    assert result.results[0].steps == ("{request} 1", "{request} 3")
    assert (result.results[0].prompt_tokens, result.results[0].completion_tokens) == (21, 6)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"steps": ("{request}",)}, "at least two steps"),
        ({"steps": ()}, "at least two steps"),
        ({"steps": ("{step1}", "b")}, "not before it"),
        ({"steps": ("a", "{step3}")}, "not before it"),
        ({"steps": ("a", "{step0}")}, "not before it"),
        ({"steps": ("a", "b"), "user": "c"}, "instead of 'user'"),
        ({"arm": "zero_shot", "steps": ("a", "b")}, "Only an arm"),
    ],
)
def test_steps_that_cannot_be_run_are_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        Arm.model_validate({"id": "d", "arm": "decomposed", **fields})


def test_the_digest_of_a_prompt_without_steps_is_what_it_always_was():
    arm = Arm(id="x", arm="few_shot", k=3, system="s")
    assert arm.model_dump() == {
        "id": "x",
        "arm": "few_shot",
        "system": "s",
        "user": "{request}",
        "prefill": "",
        "k": 3,
        "note": "",
    }
    steps = Arm(id="x", arm="decomposed", steps=("a", "b"))
    assert Arm.model_validate_json(steps.model_dump_json()) == steps


def test_a_batch_model_is_timed_on_single_requests():
    scribe = Scribe()
    asker = Asker(Arm(id="a", arm="zero_shot"), rows(3), scribe)
    cases = [as_case(one) for one in rows(12)]
    seen = asker.time_singly(cases)
    assert seen is not None
    assert (seen.n, seen.alone) == (5, True)
    assert seen.p99 is not None
    assert 0 <= seen.p50 <= seen.p95 <= seen.p99
    assert seen.first_p50 is not None
    assert seen.first_p99 is not None
    assert 0 <= seen.first_p50 <= seen.p50
    assert seen.first_p99 <= seen.p99
    steps = Asker(Arm(id="d", arm="decomposed", steps=("first", "then")), rows(3), Scribe())
    whole = steps.time_singly(cases)
    assert whole is not None
    assert whole.first_p50 is None
    assert len({request.messages[-1].content for request in scribe.asked}) == 5
    assert asker.time_singly([]) is None
    assert Asker(Arm(id="a", arm="nearest_neighbour"), rows(3)).time_singly(cases) is None


# -- derived ----------------------------------------------------------------------------------


def test_one_prompt_of_each_kind_is_derived():
    made = derive_arms(project(), rows(40), [], context_tokens=8192)
    assert [(arm.id, arm.arm) for arm in made] == [
        ("derived-zero-shot", "zero_shot"),
        ("derived-structured", "zero_shot"),
        ("derived-few-shot-16", "few_shot"),
        ("derived-retrieval-8-shot", "retrieval"),
        ("derived-decomposed", "decomposed"),
    ]
    assert [arm.id for arm in made if is_structured(arm)] == ["derived-structured"]
    assert all(
        "Name the service that a request is about" in (arm.system + "".join(arm.steps))
        for arm in made
    )
    assert not any(arm.prefill for arm in made)


@pytest.mark.parametrize("use_case", ["x", "route requests", "Do {this}. " * 40])
def test_the_derived_structure_holds_for_any_use_case(use_case):
    made = derive_arms(project(use_case=use_case), rows(4), [], context_tokens=8192)
    assert any(is_structured(arm) for arm in made)


def test_examples_are_as_many_as_fit():
    def sizes(context: int, words: int) -> list[int]:
        made = derive_arms(project(), rows(40, words), [], context_tokens=context)
        return [arm.k for arm in made if arm.k]

    assert sizes(8192, 3) == [16, 8]
    assert sizes(2048, 40) == [8, 8]
    assert sizes(1024, 40) == [4, 4]
    assert sizes(512, 300) == []


def test_fixed_examples_are_no_more_than_there_are_distinct_answers():
    made = derive_arms(project(), rows(40, answers=6), [], context_tokens=8192)
    assert [(arm.id, arm.k) for arm in made if arm.k] == [
        ("derived-few-shot-6", 6),
        ("derived-retrieval-8-shot", 8),
    ]


@given(st.integers(0, 30), st.integers(1, 60), st.integers(128, 9000))
def test_derived_prompts_never_ask_for_more_than_there_is(count, words, context):
    made = derive_arms(project(), rows(count, words), [], context_tokens=context)
    assert all(arm.k <= count for arm in made)
    assert len({arm.id for arm in made}) == len(made)


def test_names_and_prompts_of_people_are_not_used_again():
    first = derive_arms(project(), rows(40), [], context_tokens=8192)
    taken = Arm(id="derived-zero-shot", arm="zero_shot", system="Mine.")
    again = derive_arms(project(), rows(40), [taken], context_tokens=8192)
    assert again[0].id == "derived-zero-shot-2"
    written = first[1].model_copy(update={"id": "ours", "note": "copied"})
    assert "derived-structured" not in [
        arm.id for arm in derive_arms(project(), rows(40), [written], context_tokens=8192)
    ]


def test_the_form_is_read_from_the_training_rows():
    def asked(train: Sequence[Example], metric: str) -> str:
        return derive_arms(project(metric=metric), train, [], context_tokens=8192)[0].system

    keyed = [row(n, f"r {n}", f'{{"a": {n}, "b": 1, "only": 2}}') for n in range(70)]
    keyed[1] = row(1, "r", '{"b": 1, "a": 2}')
    assert asked(keyed, "json_match").endswith(
        "one JSON object with the keys a, b, and nothing else."
    )
    assert asked([row(n, "r", f"no json {n}") for n in range(70)], "json_match").endswith(
        "one JSON object, and nothing else."
    )
    assert asked([], "json_match").endswith("one JSON object, and nothing else.")
    assert "{labels}" in asked(rows(40), "exact_match")
    assert "{labels}" not in asked(rows(90, answers=90), "exact_match")
    tools = [row(1, "r", "{}", [TOOL])]
    made = derive_arms(project(metric="tool_call_match"), tools, [], context_tokens=8192)
    assert all("{tools}" in (arm.user + "".join(arm.steps)) for arm in made)
    assert "the keys name and arguments" in made[0].system


def test_another_use_case_is_another_derivation():
    assert derivation(project()) == derivation(project(target=0.1))
    assert derivation(project()) != derivation(project(use_case="other"))


def test_trivial_variants_of_a_prompt_are_one_and_other_words_are_another():
    plain = Arm(id="a", arm="zero_shot", system="Be brief.", user="Answer: {request}")
    changes: tuple[dict[str, object], ...] = (
        {"user": "Answer: {request}" + "." * 3},
        {"user": "ANSWER {request}"},
        {"user": "An\u200bswer: {request}"},
        {"system": " be  brief "},
        {"k": 3},
    )
    trivial = [
        plain.model_copy(update={"id": str(number), **change})
        for number, change in enumerate(changes)
    ]
    assert len({words_digest(arm) for arm in (plain, *trivial)}) == 1
    assert words_digest(plain) != words_digest(plain.model_copy(update={"user": "{request}"}))
    assert words_digest(plain) != words_digest(plain.model_copy(update={"arm": "few_shot"}))


@pytest.mark.parametrize(
    ("system", "fault"),
    [
        (
            "Persona: who answers.\nContext: what they know.\nTask: what to do.\n"
            "Format: how the answer looks.",
            "Persona, Context, Task, Format: still the template's own text",
        ),
        (
            "Persona: A clerk of the shop.\nTask: what to do.\nFormat: JSON only",
            "Task: still the template's own text; Context: missing; "
            "Format: said in fewer than 3 words",
        ),
        (
            "Persona: look at this text\nContext: look at this text\nTask: look at this text\n"
            "Format: look at this text",
            "two of its four lines say the same",
        ),
        ("Answer shortly.", ""),
        (
            "Persona: A clerk of the shop.\nContext: Letters about parcels.\n"
            "Task: Name the one matter.\nFormat: One lower-case word.",
            "",
        ),
    ],
)
def test_what_a_prompt_lacks_to_be_structured_is_said(system: str, fault: str) -> None:
    arm = Arm(id="structured", arm="zero_shot", system=system, user="{request}")
    assert structure_fault(arm) == fault
    assert is_structured(arm) is (fault == "" and "Persona" in system)
