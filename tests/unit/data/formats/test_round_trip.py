"""What is written is read back the same, or is refused or counted."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.formats.out import WRITERS, export
from tuneworthy.data.kinds import raw_rows
from tuneworthy.data.opened import NoHash
from tuneworthy.data.rows import Limits, read_row

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
NAMES = st.sampled_from(["f", "look_up"])
ARGUMENTS = st.dictionaries(TEXT, st.integers(-5, 5) | TEXT | st.booleans(), max_size=2)
CALL = st.builds(lambda name, args: {"name": name, "arguments": args}, NAMES, ARGUMENTS)
CALLS = (CALL | st.lists(CALL, min_size=2, max_size=2)).map(
    lambda calls: json.dumps(calls, ensure_ascii=False)
)
ANSWER = TEXT | CALLS | st.tuples(TEXT, CALLS).map("\n".join) | st.just('{"name":"f"}')
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def message(role: str, text: str) -> Message:
    return Message.model_validate({"role": role, "content": text})


@st.composite
def examples(draw: Any) -> Example:
    made: dict[str, Any] = {"id": "x", "provenance": Provenance(source="s.jsonl", row=1)}
    if draw(st.integers(0, 9)) == 0:
        return Example(messages=(message("assistant", draw(TEXT)),), **made)
    turns = [message("system", draw(TEXT))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 3))):
        turns.append(message("user", draw(TEXT)))
        if draw(st.integers(0, 4)) == 0:
            turns += [message("assistant", draw(CALLS)), message("tool", draw(TEXT))]
        turns.append(message("assistant", draw(ANSWER)))
    made["tools"] = (TOOL,) if draw(st.booleans()) else ()
    if draw(st.booleans()):
        worse = draw(ANSWER)
        made["rejected"] = () if worse == turns[-1].content else (message("assistant", worse),)
    elif draw(st.booleans()):
        made["rating"] = draw(st.booleans())
    return Example(messages=tuple(turns), **made)


def read_back(path: Any) -> list[Example]:
    source, limits = Source(path=path.name), Limits()
    rows = []
    for raw in raw_rows(path, source, NoHash(), limits):
        assert raw.values is not None, raw.reason
        rows.append(read_row(raw.values, source, raw.number, limits).example)
    return rows


KEEPS = {
    "preference": ("rejected",),
    "openai_preference": ("rejected",),
    "sharegpt_preference": ("rejected",),
    "kto": ("rating",),
    "sharegpt_kto": ("rating",),
}
PLAIN_TOOLS = ("alpaca", "csv", "text")


@pytest.mark.parametrize("format", WRITERS)
@given(st.lists(examples(), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_written_reads_back_the_same(tmp_path_factory, format, rows):  # noqa: A002
    out = io.BytesIO()
    counts = export(rows, format, out)
    assert counts.written + len(counts.refused) == len(rows)
    assert all(refused.reason and refused.place == "s.jsonl:1" for refused in counts.refused)
    path = tmp_path_factory.mktemp("out") / ("x.csv" if format == "csv" else "x.jsonl")
    path.write_bytes(out.getvalue())
    if not counts.written:
        return
    back = read_back(path)
    kept = [row for row in rows if export([row], format, io.BytesIO()).written]
    assert len(back) == len(kept) == counts.written
    for old, new in zip(kept, back, strict=True):
        if format == "csv" and counts.losses:
            continue  # Cells that a spreadsheet would run are counted; see below.
        assert new.messages == old.messages
        if format not in PLAIN_TOOLS:
            assert new.tools == old.tools
        for field in ("rejected", "rating"):
            if field in KEEPS.get(format, ()):
                assert getattr(new, field) == getattr(old, field)


def one(*turns: tuple[str, str], **more: Any) -> Example:
    where = Provenance(source="s.jsonl", row=7)
    made = tuple(message(role, text) for role, text in turns)
    return Example(id="x", messages=made, provenance=where, **more)


def written(example: Example, format: str) -> dict[str, Any]:  # noqa: A002
    out = io.BytesIO()
    assert export([example], format, out).written == 1
    row: dict[str, Any] = json.loads(out.getvalue())
    return row


def test_tool_calls_are_written_as_such_with_their_results():
    calls = '[{"name": "f", "arguments": {"x": 1}}, {"name": "f", "arguments": {}}]'
    turns = [("user", "q"), ("assistant", calls), ("tool", "1"), ("tool", "2"), ("assistant", "a")]
    row = written(one(*turns, tools=(TOOL,)), "openai_chat")
    call = row["messages"][1]["tool_calls"][0]
    assert call["function"] == {"name": "f", "arguments": '{"x": 1}'}
    assert [m.get("tool_call_id") for m in row["messages"]][2:4] == ["call_0", "call_1"]
    shared = written(one(*turns, tools=(TOOL,)), "sharegpt")
    assert [turn["from"] for turn in shared["conversations"]] == [
        "human", "function_call", "observation", "observation", "gpt",
    ]  # fmt: skip


def test_json_that_is_no_declared_call_stays_text():
    row = written(
        one(("user", "q"), ("assistant", '{"name": "f", "arguments": {}}')), "openai_chat"
    )
    assert row["messages"][1] == {
        "role": "assistant",
        "content": '{"name": "f", "arguments": {}}',
    }


@pytest.mark.parametrize(
    ("example", "format", "said"),
    [
        (one(("user", "q"), ("assistant", "a"), rating=False), "openai_chat", "rated as bad"),
        (one(("user", "q"), ("assistant", "a")), "preference", "no rejected answer"),
        (one(("user", "q"), ("assistant", "a")), "kto", "no rating"),
        (one(("user", "q"), ("assistant", "a")), "text", "chat template"),
        (one(("assistant", "a")), "openai_chat", "text without a request"),
        (one(("user", "q"), ("assistant", "a"), tools=(TOOL,)), "alpaca", "tools"),
        (one(("user", "q"), ("tool", "1"), ("assistant", "a")), "openai_chat", "no call waits"),
    ],
)
def test_what_a_format_cannot_say_is_refused(example, format, said):  # noqa: A002
    out = io.BytesIO()
    counts = export([example], format, out)
    assert counts.written == 0
    assert out.getvalue() == b""
    assert said in counts.refused[0].reason
    assert counts.refused[0].place == "s.jsonl:7"


def test_losses_are_counted():
    worse = (message("assistant", "b"),)
    pair = one(("user", "q"), ("assistant", "a"), rejected=worse, accepted={"a": [1]})
    counts = export([pair, pair], "openai_chat", io.BytesIO())
    assert counts.losses == {"rejected answer": 2, "accepted answers": 2}


@given(TEXT, TEXT)
@settings(max_examples=200, deadline=None)
def test_no_cell_of_a_csv_is_a_formula(ask, answer):
    out = io.BytesIO()
    row = one(("user", "=" + ask), ("assistant", answer))
    counts = export([row], "csv", out)
    body = out.getvalue().decode().split("\n", 1)[1]
    assert body.startswith("\"'=")
    assert sum(counts.losses.values()) == 1 + answer.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_an_unknown_format_names_the_known():
    with pytest.raises(UsageProblem) as caught:
        export([], "parquett", io.BytesIO())
    assert "openai_chat" in caught.value.fix
