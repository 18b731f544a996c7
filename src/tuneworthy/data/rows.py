"""One row of a source, whatever its shape, as an Example; or what is wrong with it and where."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.tools import read_accepted, read_tools
from tuneworthy.data.turns import read_messages, read_turn
from tuneworthy.data.values import RowError, is_blank, name_of, text_of
from tuneworthy.methods.canonical import digest

Shape = Literal["messages", "request/target", "instruction/output", "prompt/completion"]

FIELDS = (
    "messages", "request", "target", "system", "tools", "accepted", "segment", "group",
    "subject", "timestamp", "split", "licence", "legal_basis",
)  # fmt: skip
"""Our field names, which a source's ``columns`` may map to names of its own."""

_KEYS: dict[Shape, tuple[str, ...]] = {
    "request/target": ("request", "target", "system"),
    "messages": ("messages",),
    "instruction/output": ("instruction", "input", "output", "system"),
    "prompt/completion": ("prompt", "completion", "system"),
}
_NEEDED: dict[Shape, tuple[str, ...]] = {
    "messages": ("messages",),
    "instruction/output": ("instruction", "output"),
    "prompt/completion": ("prompt", "completion"),
    "request/target": ("request", "target"),
}
_LABELS = ("segment", "group", "subject", "timestamp", "split")
_GROUNDS = ("licence", "legal_basis")
_EXTRAS = ("tools", "functions", "accepted")


class Limits(NamedTuple):
    """How large a row may be, in characters over its messages and tools."""

    characters: int = 200_000


class Row(NamedTuple):
    """A row read as an example, with the shape it had and the fields that were used."""

    example: Example
    shape: Shape
    used: frozenset[str]


def column(source: Source, field: str) -> str:
    """The file's name for one of our fields."""
    return source.columns.get(field, field)


def shape_of(names: Iterable[str], source: Source) -> Shape | None:
    """The shape that rows with these fields have, or None for no known one."""
    here = set(names)
    if {"request", "target"} & set(source.columns):
        return "request/target"
    for shape, needed in _NEEDED.items():
        if all(column(source, field) in here for field in needed):
            return shape
    return None


def text_columns(source: Source) -> frozenset[str]:
    """The columns whose text goes into messages, for all shapes."""
    return frozenset(column(source, field) for shape in _KEYS for field in _KEYS[shape]) - {
        column(source, "messages")
    }


def read_row(values: Mapping[str, Any], source: Source, number: int, limits: Limits) -> Row:
    """Turn a row into an Example.

    Args:
        values: The row's fields.
        source: Where it comes from; its columns, licence and legal basis.
        number: The row's number in its file, from 1.
        limits: How large it may be.

    Raises:
        RowError: The row cannot be used; says why and at which JSON path.
    """
    shape = shape_of(values, source)
    if shape is None:
        names = ", ".join(sorted(values)[:12]) or "none"
        raise RowError("unknown_shape", "$", f"has no known shape; its fields are: {names}")
    messages = _messages(shape, values, source)
    tools_name = column(source, "tools")
    if tools_name not in values and "functions" in values:
        tools_name = "functions"
    tools = read_tools(values.get(tools_name), f"$.{tools_name}")
    accepted_name = column(source, "accepted")
    accepted = read_accepted(values.get(accepted_name), f"$.{accepted_name}")
    _check(messages, tools, limits)
    example = _example(messages, tools, accepted, _provenance(values, source, number))
    return Row(example, shape, _used(shape, source))


def _messages(shape: Shape, values: Mapping[str, Any], source: Source) -> tuple[Message, ...]:
    if shape == "messages":
        name = column(source, "messages")
        return read_messages(values[name], f"$.{name}")
    system_name = column(source, "system")
    turns: list[Message] = []
    if not is_blank(values.get(system_name)):
        turns.append(read_turn("system", values[system_name], f"$.{system_name}"))
    first, last = (column(source, field) for field in _NEEDED[shape])
    if shape == "prompt/completion" and isinstance(values[first], list):
        prompt = read_messages(values[first], f"$.{first}")
        turns += prompt
    else:
        turns.append(_request(shape, values, first))
    if shape == "prompt/completion" and isinstance(values[last], list):
        turns += read_messages(values[last], f"$.{last}")
    else:
        turns.append(_target(values, last))
    return tuple(turns)


def _request(shape: Shape, values: Mapping[str, Any], name: str) -> Message:
    if is_blank(values.get(name)):
        raise RowError("no_request", f"$.{name}", "the request is missing or empty")
    turn = read_turn("user", values[name], f"$.{name}")
    if shape == "instruction/output" and not is_blank(values.get("input")):
        more = text_of(values["input"], "$.input")
        turn = Message(role="user", content=f"{turn.content}\n\n{more}")
    return turn


def _target(values: Mapping[str, Any], name: str) -> Message:
    if is_blank(values.get(name)):
        raise RowError("empty_target", f"$.{name}", "the target is missing or empty")
    return read_turn("assistant", values[name], f"$.{name}")


def _check(messages: Sequence[Message], tools: Sequence[Any], limits: Limits) -> None:
    if messages[-1].role != "assistant":
        reason = f"the last turn is from '{messages[-1].role}'; it must be the assistant's target"
        raise RowError("no_target", f"$.messages[{len(messages) - 1}].role", reason)
    if is_blank(messages[-1].content):
        path = f"$.messages[{len(messages) - 1}].content"
        raise RowError("empty_target", path, "the target is empty")
    if not any(m.role == "user" and not is_blank(m.content) for m in messages[:-1]):
        raise RowError("no_request", "$.messages", "no user turn stands before the target")
    size = sum(len(m.content) for m in messages) + (len(json.dumps(tools)) if tools else 0)
    if size > limits.characters:
        reason = f"has {size:,} characters; the limit is {limits.characters:,}"
        raise RowError("too_long", "$", reason)


def _provenance(values: Mapping[str, Any], source: Source, number: int) -> Provenance:
    labels = {field: _label(values, column(source, field)) for field in _LABELS}
    grounds = {field: getattr(source, field) for field in _GROUNDS}
    for field in _GROUNDS:
        if field in source.columns:
            grounds[field] = _label(values, source.columns[field]) or grounds[field]
    return Provenance(source=source.path, row=number, **grounds, **labels)


def _label(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise RowError("bad_type", f"$.{name}", f"must be text, not {name_of(value)}")


def _used(shape: Shape, source: Source) -> frozenset[str]:
    fields = (*_KEYS[shape], *_LABELS, *_EXTRAS)
    grounds = {source.columns[field] for field in _GROUNDS if field in source.columns}
    return frozenset(column(source, field) for field in fields) | grounds


def _example(
    messages: tuple[Message, ...],
    tools: tuple[dict[str, Any], ...],
    accepted: dict[str, Any] | None,
    provenance: Provenance,
) -> Example:
    content = {
        "messages": [m.model_dump() for m in messages],
        "tools": list(tools),
        "accepted": accepted,
        "provenance": provenance.model_dump(),
    }
    try:
        name = digest(content)
        return Example(
            id=name, messages=messages, tools=tools, accepted=accepted, provenance=provenance
        )
    except (ValueError, RecursionError) as fault:
        # Integers beyond 2^53, NaN and lone surrogates have no canonical JSON form.
        reason = f"holds a value that JSON cannot carry safely: {fault}"
        raise RowError("bad_value", "$", reason) from fault
