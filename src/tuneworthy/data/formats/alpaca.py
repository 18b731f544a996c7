"""Alpaca rows: ``instruction``, ``input``, ``output``; also ``system`` and ``history``."""

from itertools import pairwise
from typing import Any

from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.data.formats.format import CannotWriteError, Fields, Format, Parts
from tuneworthy.data.formats.request_target import answer, asked
from tuneworthy.data.formats.sharegpt import system_turn
from tuneworthy.data.turns import read_turn
from tuneworthy.data.values import RowError, is_blank, parse_json, text_of


def read(fields: Fields) -> Parts:
    """Earlier rounds, the instruction with its input below it, and the output."""
    messages = (*prompt(fields), answer(fields, "output"))
    return Parts(messages)


def prompt(fields: Fields) -> tuple[Message, ...]:
    """All turns before the answer."""
    turn = asked(fields, "instruction")
    if not is_blank(fields.get("input")):
        more = text_of(fields.get("input"), fields.path("input"))
        turn = Message(role="user", content=f"{turn.content}\n\n{more}")
    return (*system_turn(fields), *_history(fields), turn)


def _history(fields: Fields) -> list[Message]:
    value, path = fields.get("history"), fields.path("history")
    if is_blank(value):
        return []
    rounds = parse_json(value, path) if isinstance(value, str) else value
    turns: list[Message] = []
    for at, pair in enumerate(rounds if isinstance(rounds, list) else [None]):
        if not isinstance(pair, list) or len(pair) != 2:
            raise RowError("bad_type", f"{path}[{at}]", "must be a request and its answer")
        turns.append(read_turn("user", pair[0], f"{path}[{at}][0]"))
        turns.append(read_turn("assistant", pair[1], f"{path}[{at}][1]"))
    return turns


def write(example: Example) -> dict[str, Any]:
    """One request and answer, earlier rounds in ``history``; ``input`` stays empty."""
    system, rounds = rounds_of(example)
    row: dict[str, Any] = {"instruction": rounds[-1][0], "input": "", "output": rounds[-1][1]}
    if system:
        row["system"] = system
    if len(rounds) > 1:
        row["history"] = [list(pair) for pair in rounds[:-1]]
    return row


def rounds_of(example: Example) -> tuple[str, list[tuple[str, str]]]:
    """The system text and each round's request and answer.

    Raises:
        CannotWriteError: Turns that do not alternate, tools, or a plain text.
    """
    turns = list(example.messages)
    system = turns.pop(0).content if turns[0].role == "system" else ""
    if example.tools or any(turn.role == "tool" for turn in turns):
        raise CannotWriteError("uses tools, for which the format has no place")
    roles = [turn.role for turn in turns]
    alternate = all(left != right for left, right in pairwise(roles))
    if not roles or roles[0] != "user" or len(roles) % 2 or not alternate or "system" in roles:
        raise CannotWriteError("has turns that are no rounds of request and answer")
    texts = [turn.content for turn in turns]
    return system, list(zip(texts[::2], texts[1::2], strict=True))


FORMAT = Format(
    "instruction/output",
    ("instruction", "input", "output", "system", "history"),
    ("instruction", "output"),
    read,
)
