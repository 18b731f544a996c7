"""What every converter gives: settings, cases, and a word on all that was left out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.suite import Case
from tuneworthy.methods.canonical import canonical, digest

Row = Mapping[str, Any]


class Unsupported(ValueError):
    """A task that cannot be carried over, with the setting that is in the way."""


class RowFault(ValueError):
    """Why one row makes no case."""


@dataclass
class Converted:
    """A suite's file as plain settings, its cases, and what is otherwise than in the other tool.

    Attributes:
        settings: What ``suites/NAME.yaml`` says, ``cases`` aside.
        cases: The cases, each with an id of its own.
        dropped: A line for each row that makes no case.
        notes: What is asked or scored otherwise, and settings that were left out.
    """

    settings: dict[str, Any]
    cases: list[Case] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def convert_rows(
    made: Converted, rows: Iterable[Row], convert: Callable[[Row, int], dict[str, Any]]
) -> Converted:
    """Fill in the cases; a row that fails, or repeats another one, is dropped with its reason.

    Args:
        made: Gets the cases.
        rows: The task's rows.
        convert: A case's fields from a row and its number (from 1). Raises ValueError.
    """
    ids: dict[str, int] = {}
    said: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        try:
            case = _case(convert(row, number))
            _once(case, number, ids, said)
        except ValidationError as fault:
            first = fault.errors()[0]
            where = ".".join(map(str, first["loc"]))
            made.dropped.append(f"row {number}: {where}: {first['msg']}")
        except (ValueError, RecursionError) as fault:
            made.dropped.append(f"row {number}: {fault}")
        else:
            made.cases.append(case)
    return made


def _case(fields: dict[str, Any]) -> Case:
    case = Case.model_validate(fields)
    if not case.request.strip():
        raise RowFault("it asks nothing")
    if not any(text.strip() for text in (case.expected, *case.references)):
        raise RowFault("it has no right answer")
    canonical(case)  # what cannot be written down cannot be frozen
    return case


def _once(case: Case, number: int, ids: dict[str, int], said: dict[str, int]) -> None:
    same = said.setdefault(digest(case.model_dump(exclude={"id"})), number)
    if same != number:
        raise RowFault(f"it asks and expects the same as row {same}")
    first = ids.setdefault(case.id, number)
    if first != number:
        raise RowFault(f"it has the id '{case.id}' of row {first}")


def answers(value: Any) -> dict[str, Any]:
    """The right answers as a case has them: the first is expected, the others are references."""
    found = [str(item) for item in (value if isinstance(value, list) else [value])]
    if not found:
        raise RowFault("its list of right answers is empty")
    others = dict.fromkeys(text for text in found[1:] if text != found[0])
    return {"expected": found[0], "references": tuple(others)}


def conversation(value: Any) -> dict[str, Any]:
    """A prompt that is a text, or a list of chat messages of which the last is a user's.

    System messages alone, as OpenAI Evals has them, are the request: a model answers a user.
    """
    if isinstance(value, str):
        return {"request": value}
    if not isinstance(value, list) or not value:
        raise RowFault("its input is neither a text nor a list of messages")
    turns = [_message(item) for item in value]
    if turns[-1].role == "user":
        return {"request": turns[-1].content, "turns": tuple(turns[:-1])}
    if all(turn.role == "system" for turn in turns):
        return {"request": "\n\n".join(turn.content for turn in turns)}
    raise RowFault(f"its last message is of the role '{turns[-1].role}', not a user's")


_EXAMPLES = {"example_user": "user", "example_assistant": "assistant"}
"""Worked examples: a system message under the name of a user or an assistant."""


def _message(item: Any) -> Message:
    if not isinstance(item, Mapping):
        raise RowFault("a message is no object")
    if not isinstance(item.get("content"), str) or item.get("tool_calls"):
        raise RowFault("a message is more than text; pictures and tool calls are not carried over")
    role = _EXAMPLES.get(str(item.get("name")), item.get("role"))
    return Message.model_validate({"role": role, "content": item["content"]})


def listed(names: Iterable[object]) -> str:
    """Names for a message."""
    return ", ".join(map(str, names))
