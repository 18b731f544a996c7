"""ShareGPT rows: ``conversations`` of ``from`` and ``value``, and LLaMA-Factory's pairs and KTO.

Source: LLaMA-Factory's ``data/README.md``.
"""

import json
from typing import Any

from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.data.formats.chat_turns import chat_turns
from tuneworthy.data.formats.format import CannotWriteError, Fields, Format, Parts
from tuneworthy.data.turns import read_messages, read_turn
from tuneworthy.data.values import is_blank

_NAMES = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


def read(fields: Fields) -> Parts:
    """The turns; a ``system`` field stands before them."""
    turns = read_messages(fields.get("conversations"), fields.path("conversations"))
    return Parts(system_turn(fields) + turns)


def system_turn(fields: Fields) -> tuple[Message, ...]:
    """The turn that a ``system`` field is; none where it is blank."""
    if is_blank(fields.get("system")):
        return ()
    return (read_turn("system", fields.get("system"), fields.path("system")),)


def write_kto(example: Example) -> dict[str, Any]:
    """As ``write``, with ``kto_tag``."""
    if example.rating is None:
        raise CannotWriteError("has no rating")
    return {**write(example), "kto_tag": example.rating}


def write_preference(example: Example) -> dict[str, Any]:
    """The prompt as ``conversations``, and each answer as one turn."""
    if len(example.rejected) != 1:
        raise CannotWriteError("has no rejected answer of one turn")
    row = write(example)
    worse = write(example.model_copy(update={"messages": example.prompt + example.rejected}))
    return {
        **row,
        "conversations": row["conversations"][:-1],
        "chosen": row["conversations"][-1],
        "rejected": worse["conversations"][-1],
    }


def write(example: Example) -> dict[str, Any]:
    """Turns with ``function_call`` for answers that are calls; ``tools`` as JSON text."""
    if example.is_text:
        raise CannotWriteError("is a text without a request")
    calls = ["tool_calls" in turn for turn in chat_turns(example.messages, example.tools)]
    turns = [
        {"from": "function_call" if call else _NAMES[message.role], "value": message.content}
        for message, call in zip(example.messages, calls, strict=True)
    ]
    row: dict[str, Any] = {"conversations": turns}
    if example.tools:
        functions = [tool["function"] for tool in example.tools]
        row["tools"] = json.dumps(functions, ensure_ascii=False)
    return row


FORMAT = Format("sharegpt", ("conversations", "system"), ("conversations",), read)
