"""Our turns as OpenAI chat turns. A tool call is written as one only if it reads back the same."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tuneworthy.core.nouns.example import Message
from tuneworthy.data.formats.format import CannotWriteError
from tuneworthy.data.turns import read_message
from tuneworthy.data.values import RowError, parse_json


def chat_turns(
    messages: Sequence[Message], tools: Sequence[dict[str, Any]], before: Sequence[Message] = ()
) -> list[dict[str, Any]]:
    """Turns in the OpenAI shape, calls and their results tied by ids that count from 0.

    Args:
        messages: The turns.
        tools: Declared functions: without any, JSON in an answer is text.
        before: Turns that stand before these, for the count.

    Raises:
        CannotWriteError: A tool's result follows no call.
    """
    every = [*before, *messages]
    turns = list(_turns(every, bool(tools)))
    return turns[len(before) :]


def _turns(messages: Sequence[Message], declared: bool) -> Iterator[dict[str, Any]]:
    waiting: list[str] = []
    count = 0
    for at, message in enumerate(messages):
        if message.role == "tool":
            if not waiting:
                raise CannotWriteError(f"turn {at} is a tool's result, but no call waits for it")
            name = waiting.pop(0)
            yield {"role": "tool", "tool_call_id": name, "content": message.content}
            continue
        answered = at + 1 < len(messages) and messages[at + 1].role == "tool"
        turn = _with_calls(message, count) if declared or answered else None
        waiting = [call["id"] for call in turn["tool_calls"]] if turn else []
        count += len(waiting)
        yield turn or {"role": message.role, "content": message.content}


def _with_calls(message: Message, first: int) -> dict[str, Any] | None:
    """The turn with ``tool_calls``; None where it holds none, or where they would not read back."""
    if message.role != "assistant":
        return None
    text, _, last = message.content.rpartition("\n")
    for said, body in ((None, message.content), (text, last)):
        turn = _turn(said, body, first)
        if turn and read_message(turn, "$") == message:
            return turn
    return None


def _turn(said: str | None, body: str, first: int) -> dict[str, Any] | None:
    if body[:1] not in ("{", "["):
        return None
    try:
        value = parse_json(body, "$")
    except RowError:
        return None
    calls = value if isinstance(value, list) else [value]
    if not calls or not all(_is_call(call) for call in calls):
        return None
    return {
        "role": "assistant",
        "content": said,
        "tool_calls": [
            {
                "id": f"call_{first + at}",
                "type": "function",
                "function": {
                    "name": call["name"],
                    "arguments": json.dumps(call["arguments"], ensure_ascii=False),
                },
            }
            for at, call in enumerate(calls)
        ],
    }


def _is_call(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"name", "arguments"}
        and isinstance(value["name"], str)
        and isinstance(value["arguments"], dict)
    )
