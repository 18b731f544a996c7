"""Every row shape that is read, and what it becomes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.rows import Limits, read_row
from tuneworthy.data.values import RowError

SOURCE = Source(path="a.jsonl", licence="MIT")
Q, A, B = "What is it?", "It is this.", "Who knows"


def read(row: dict[str, Any], **source: Any) -> Example:
    return read_row(row, SOURCE.model_copy(update=source), 3, Limits()).example


def shape(row: dict[str, Any]) -> str:
    return read_row(row, SOURCE, 3, Limits()).shape


def turns(example: Example) -> list[tuple[str, str]]:
    return [(m.role[0], m.content) for m in example.messages]


def chat(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    names = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    return [{"role": names[role], "content": text} for role, text in pairs]


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
PLAIN = [("u", Q), ("a", A)]
FROM = [{"from": "human", "value": Q}, {"from": "gpt", "value": A}]
STUDIO: dict[str, Any] = {
    "id": 1,
    "data": {"text": Q, "segment": "north"},
    "annotations": [
        {"completed_by": 2, "result": [{"type": "choices", "value": {"choices": [A]}}]},
        {"completed_by": {"email": "b@x.org"}, "result": [{"value": {"choices": [A]}}]},
        {"completed_by": 4, "result": [{"value": {"choices": [B]}}]},
        {"completed_by": 5, "was_cancelled": True, "result": [{"value": {"choices": [B]}}]},
    ],
}
LOG: dict[str, Any] = {
    "request": {"model": "m", "messages": chat(("u", Q)), "tools": [{"name": "f"}]},
    "response": {
        "created": 1_700_000_000,
        "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": A}}],
    },
}
NEW_SPAN = {
    "gen_ai.system_instructions": [{"type": "text", "content": "s"}],
    "gen_ai.input.messages": json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": Q}]}]
    ),
    "gen_ai.output.messages": [
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "1", "name": "f", "arguments": {"x": 1}}],
            "finish_reason": "tool_call",
        }
    ],
}
OLD_SPAN = {
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": Q,
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": A,
}
CALL_TEXT = '{"name": "f", "arguments": {"x": 1}}'

ROWS: dict[str, tuple[str, dict[str, Any], list[tuple[str, str]]]] = {
    "chat": ("messages", {"messages": chat(*PLAIN)}, PLAIN),
    "tool calls": (
        "messages",
        {"messages": [*chat(("u", Q)), {"role": "assistant", "tool_calls": [CALL, CALL]}]},
        [("u", Q), ("a", f"[{CALL_TEXT}, {CALL_TEXT}]")],
    ),
    "function call": (
        "messages",
        {
            "messages": [
                *chat(("u", Q)),
                {"role": "assistant", "function_call": CALL["function"]},
                {"role": "function", "name": "f", "content": "7"},
                *chat(("a", A)),
            ]
        },
        [("u", Q), ("a", CALL_TEXT), ("t", "7"), ("a", A)],
    ),
    "weights": (
        "messages",
        {
            "messages": [
                *chat(*PLAIN, ("u", "again")),
                {"role": "assistant", "content": B, "weight": 0},
            ]
        },
        PLAIN,
    ),
    "sharegpt": ("sharegpt", {"system": "s", "conversations": FROM}, [("s", "s"), *PLAIN]),
    "sharegpt calls": (
        "sharegpt",
        {
            "conversations": [
                FROM[0],
                {"from": "function_call", "value": CALL_TEXT},
                {"from": "observation", "value": "7"},
                FROM[1],
            ],
            "tools": '[{"name": "f"}]',
        },
        [("u", Q), ("a", CALL_TEXT), ("t", "7"), ("a", A)],
    ),
    "alpaca": (
        "instruction/output",
        {"instruction": Q, "input": "x", "output": A, "history": [["a", "b"]]},
        [("u", "a"), ("a", "b"), ("u", f"{Q}\n\nx"), ("a", A)],
    ),
    "completion turns": (
        "prompt/completion",
        {"prompt": chat(("u", Q)), "completion": chat(("a", A))},
        PLAIN,
    ),
    "label of a prompt": ("prompt/completion", {"prompt": Q, "completion": A, "label": "n"}, PLAIN),
    "kto": ("kto", {"prompt": Q, "completion": A, "label": False}, PLAIN),
    "text": ("text", {"text": A}, [("a", A)]),
    "class": ("text/label", {"text": Q, "intent": A}, PLAIN),
    "dpo": ("preference", {"prompt": Q, "chosen": A, "rejected": B}, PLAIN),
    "dpo turns": (
        "preference",
        {"prompt": chat(("u", Q)), "chosen": chat(("a", A)), "rejected": chat(("a", B))},
        PLAIN,
    ),
    "dpo implicit": (
        "preference",
        {"chosen": chat(*PLAIN), "rejected": chat(("u", Q), ("a", B))},
        PLAIN,
    ),
    "dpo with all on both sides": (
        "preference",
        {"prompt": Q, "chosen": chat(*PLAIN), "rejected": chat(("u", Q), ("a", B))},
        PLAIN,
    ),
    "dpo transcript": (
        "preference",
        {
            "chosen": f"\n\nHuman: {Q}\n\nAssistant: {A}",
            "rejected": f"\n\nHuman: {Q}\n\nAssistant: {B}",
        },
        PLAIN,
    ),
    "dpo sharegpt": (
        "preference",
        {"conversations": FROM[:1], "chosen": FROM[1], "rejected": {"from": "gpt", "value": B}},
        PLAIN,
    ),
    "dpo alpaca": ("preference", {"instruction": Q, "chosen": A, "rejected": B}, PLAIN),
    "openai preference": (
        "openai_preference",
        {
            "input": {"messages": chat(("u", Q)), "tools": [{"name": "f"}]},
            "preferred_output": chat(("a", A)),
            "non_preferred_output": chat(("a", B)),
        },
        PLAIN,
    ),
    "label studio": ("label_studio", STUDIO, PLAIN),
    "argilla 2": (
        "argilla",
        {
            "fields": {"text": Q},
            "responses": {
                "label": [{"value": A, "user_id": "u2"}, {"value": A, "user_id": "u1"}]
            },
            "suggestions": {"label": {"value": B, "agent": "m"}},
            "metadata": {"segment": "north"},
        },
        PLAIN,
    ),
    "argilla 1": (
        "argilla",
        {
            "fields": {"prompt": Q},
            "responses": [
                {"values": {"answer": {"value": A}}, "user_id": "u1", "status": "submitted"},
                {"values": {"answer": {"value": B}}, "user_id": "u2", "status": "discarded"},
            ],
        },
        PLAIN,
    ),
    "log": ("chat_log", LOG, PLAIN),
    "our own log": ("chat_log", {"request": json.dumps(LOG["request"]), "response": A}, PLAIN),
    "span": (
        "otel",
        {"name": "chat m", "attributes": NEW_SPAN},
        [("s", "s"), ("u", Q), ("a", CALL_TEXT)],
    ),
    "old span": ("otel", OLD_SPAN, PLAIN),
    "span of OTLP": (
        "otel",
        {"attributes": [{"key": k, "value": {"stringValue": v}} for k, v in OLD_SPAN.items()]},
        PLAIN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_every_shape_is_known_and_read(name):
    wanted, row, expected = ROWS[name]
    assert shape(row) == wanted
    assert turns(read(row)) == expected


@pytest.mark.parametrize("name", [n for n in ROWS if "dpo" in n or n == "openai preference"])
def test_every_pair_keeps_its_worse_answer(name):
    example = read(ROWS[name][1])
    assert [m.content for m in example.rejected] == [B]
    assert example.rejected[0].role == "assistant"


def test_names_of_examples_from_before_stay():
    messages = chat(("s", "s"), ("u", "q"), ("a", "a"))
    tools = [{"name": "f", "parameters": {}}]
    first = read({"messages": messages, "tools": tools, "segment": "x"})
    second = read({"request": "q", "target": "t", "accepted": {"a": [1]}})
    assert first.id.endswith("f3e9b557ebe2c04a760644685cde2436d12767b13dc8648eb70d910cd1ce2438")
    assert second.id.endswith("3df5e01369cbf0af9ab1e8f48bf7bd7584c69da24f712755c152fbb46a45246f")


def test_what_is_new_changes_the_name():
    row: dict[str, Any] = {"prompt": Q, "completion": A}
    rows = [row, {**row, "label": True}, {**row, "label": False}, {**row, "annotators": ["x"]}]
    rows += [{"prompt": Q, "chosen": A, "rejected": B}, {"prompt": Q, "chosen": A, "rejected": "C"}]
    assert len({read(one).id for one in rows}) == len(rows)


def test_ratings_annotators_and_labels_are_kept():
    assert read(ROWS["kto"][1]).rating is False
    assert read({"conversations": FROM, "kto_tag": True}).rating is True
    assert read({"prompt": Q, "completion": A, "label": "TRUE"}).rating is True
    studio = read(STUDIO).provenance
    assert (studio.annotators, studio.segment) == (("2", "4", "b@x.org"), "north")
    argilla = read(ROWS["argilla 2"][1]).provenance
    assert (argilla.annotators, argilla.segment) == (("u1", "u2"), "north")
    assert read({**LOG, "feedback": 0.0}).rating is False
    log = read(LOG)
    assert (log.provenance.timestamp, log.rating) == ("2023-11-14T22:13:20+00:00", None)
    assert log.tools[0]["function"]["name"] == "f"
    assert read(ROWS["openai preference"][1]).tools
    assert read(ROWS["text"][1]).is_text


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ({"prompt": Q, "chosen": A, "rejected": A}, "no_preference", "the same"),
        ({"prompt": Q, "chosen": A, "rejected": " "}, "empty_target", "missing or empty"),
        ({"chosen": A, "rejected": B}, "no_request", "no prompt"),
        ({"messages": [{"role": "assistant", "weight": 0, "content": A}]}, "no_target", "weight 0"),
        ({"messages": [*chat(("u", Q)), {"role": "assistant", "content": A, "weight": 2}]},
         "bad_type", "must be 0 or 1"),
        ({**STUDIO, "annotations": STUDIO["annotations"][1:3]}, "no_agreement", "disagree"),
        ({**STUDIO, "annotations": []}, "no_answer", "no annotator"),
        ({**STUDIO, "data": {"a": "x", "b": "y"}}, "no_request", "a, b"),
        ({"fields": {"text": Q}, "responses": {"x": [{"value": "1"}], "y": [{"value": "2"}]}},
         "no_answer", "x, y"),
        ({**LOG, "response": {"choices": []}}, "failed_answer", "no answer"),
        ({**LOG, "response": {"choices": [{"finish_reason": "length", "message": {}}]}},
         "failed_answer", "was cut"),
        ({**LOG, "status": 502}, "failed_answer", "502"),
        ({"conversations": FROM, "kto_tag": "maybe"}, "bad_rating", "true or false"),
        ({"messages": [*chat(("u", Q)), {"role": "assistant", "function_call":
          {"name": "f", "arguments": '{"a": 1, "a": 2}'}}]}, "duplicate_key", "'a' stands twice"),
        ({"request": Q, "target": A, "tools": "NaN"}, "bad_json", "NaN"),
        ({"input": Q, "output": A}, "unknown_shape", "columns: {request: input, target: output}"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_target_is_refused_with_the_reason(row, code, said):
    with pytest.raises(RowError) as caught:
        read(row)
    assert caught.value.code == code
    assert said in caught.value.reason


def test_a_truth_of_label_studio_outvotes_the_others():
    truth = {"ground_truth": True, "result": [{"value": {"text": [B]}}]}
    example = read({**STUDIO, "annotations": [*STUDIO["annotations"], truth]})
    assert example.target == B


KEYS = ["messages", "conversations", "from", "value", "role", "content", "prompt", "completion",
        "label", "chosen", "rejected", "text", "data", "annotations", "result", "choices", "fields",
        "responses", "request", "response", "attributes", "gen_ai.input.messages", "weight",
        "gen_ai.output.messages", "gen_ai.prompt.0.content", "gen_ai.completion.0.role", "history",
        "instruction", "output", "input", "preferred_output", "non_preferred_output", "parts",
        "tool_calls", "function_call", "kto_tag", "annotators", "system", "tools"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
    | st.sampled_from(["user", "assistant", "human", "gpt", '[{"role":"user"}]', "text"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=14,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
@settings(max_examples=400, deadline=None)
def test_any_row_is_an_example_or_a_reason(row):
    fault, example = attempt(row)
    if example is None:
        assert fault is not None
        assert fault.code
        assert fault.reason
    else:
        assert example.messages[-1].role == "assistant"
        assert example.target.strip()
        assert Example.model_validate_json(example.model_dump_json()) == example


def attempt(row: dict[str, Any]) -> tuple[RowError | None, Example | None]:
    try:
        return None, read(row)
    except RowError as fault:
        return fault, None
