r"""Preference pairs for DPO: a better and a worse answer to one prompt.

Read are TRL's explicit prompt (text or turns) and its implicit one (both sides start with the same
turns, or with the same ``\n\nHuman: ... \n\nAssistant:`` transcript), and LLaMA-Factory's forms.
Source: the "Dataset formats and types" page of TRL; LLaMA-Factory's ``data/README.md``.
"""

import re
from typing import Any

from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.data.formats import alpaca, sharegpt
from tuneworthy.data.formats.chat_turns import chat_turns
from tuneworthy.data.formats.format import CannotWriteError, Fields, Format, Parts
from tuneworthy.data.formats.prompt_completion import answer_turns, prompt_turns
from tuneworthy.data.turns import read_message, read_messages
from tuneworthy.data.values import RowError, parse_json

_SIDE = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


def read(fields: Fields) -> Parts:
    """The prompt with the better answer, and the worse one."""
    chosen, rejected = (_answers(fields, field) for field in ("chosen", "rejected"))
    if "prompt" in fields:
        prompt = prompt_turns(fields)
    elif "conversations" in fields:
        turns = read_messages(fields.get("conversations"), fields.path("conversations"))
        prompt = sharegpt.system_turn(fields) + turns
    elif "instruction" in fields:
        prompt = alpaca.prompt(fields)
    else:
        prompt, chosen, rejected = _implicit(chosen, rejected, fields)
    return pair(prompt, chosen, rejected, fields.path("rejected"))


def pair(
    prompt: tuple[Message, ...],
    chosen: tuple[Message, ...],
    rejected: tuple[Message, ...],
    path: str,
) -> Parts:
    """A pair whose sides differ. Raises RowError."""
    # The whole conversation may stand on both sides even where a prompt is given too.
    if chosen[: len(prompt)] == prompt and rejected[: len(prompt)] == prompt:
        chosen, rejected = chosen[len(prompt) :] or chosen, rejected[len(prompt) :] or rejected
    if chosen == rejected:
        raise RowError("no_preference", path, "both answers are the same")
    if rejected[-1].role != "assistant" or not rejected[-1].content.strip():
        raise RowError("empty_target", path, "the rejected answer is missing or empty")
    return Parts(prompt + chosen, rejected)


def _answers(fields: Fields, field: str) -> tuple[Message, ...]:
    value = fields.get(field)
    if isinstance(value, dict):
        return (read_message(value, fields.path(field)),)
    if isinstance(value, str) and _SIDE.match(value) and "prompt" not in fields:
        return tuple(_transcript(value))
    if isinstance(value, str) and value.startswith('[{"role"'):
        return read_messages(parse_json(value, fields.path(field)), fields.path(field))
    return answer_turns(fields, field)


def _transcript(text: str) -> list[Message]:
    parts = _SIDE.split(text)[1:]
    return [
        Message(role="user" if side == "Human" else "assistant", content=said)
        for side, said in zip(parts[::2], parts[1::2], strict=True)
    ]


def _implicit(
    chosen: tuple[Message, ...], rejected: tuple[Message, ...], fields: Fields
) -> tuple[tuple[Message, ...], tuple[Message, ...], tuple[Message, ...]]:
    """The turns that both sides start with are the prompt."""
    shared = 0
    while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
        shared += 1
    if not shared:
        raise RowError("no_request", fields.path("chosen"), "no prompt stands before the answers")
    return chosen[:shared], chosen[shared:], rejected[shared:]


def write(example: Example) -> dict[str, Any]:
    """TRL's explicit, conversational form."""
    if not example.rejected:
        raise CannotWriteError("has no rejected answer")
    prompt, tools = example.prompt, example.tools
    row: dict[str, Any] = {
        "prompt": chat_turns(prompt, tools),
        "chosen": chat_turns(example.messages[-1:], tools, prompt),
        "rejected": chat_turns(example.rejected, tools, prompt),
    }
    if tools:
        row["tools"] = list(tools)
    return row


FORMAT = Format(
    "preference",
    ("prompt", "chosen", "rejected", "system", "conversations", "instruction", "input", "history"),
    ("chosen", "rejected"),
    read,
)
