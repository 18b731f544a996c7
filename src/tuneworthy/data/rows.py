"""One row of a source, whatever its shape, as an Example; or what is wrong with it and where."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, cast

from tuneworthy.core.nouns.example import Example, Provenance
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.formats.detect import guess
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.formats.known import FORMATS, Shape, format_of
from tuneworthy.data.formats.otel import batch_hint
from tuneworthy.data.formats.prompt_completion import rating_of
from tuneworthy.data.tools import read_accepted, read_tools
from tuneworthy.data.values import RowError, is_blank, name_of
from tuneworthy.methods.canonical import digest

FIELDS = (
    "messages", "request", "target", "system", "tools", "accepted", "segment", "group",
    "subject", "timestamp", "split", "licence", "legal_basis", "conversations", "instruction",
    "input", "output", "history", "prompt", "completion", "chosen", "rejected", "label", "text",
    "annotators", "kto_tag",
)  # fmt: skip
"""Our field names, which a source's ``columns`` may map to names of its own."""

_LABELS = ("segment", "group", "subject", "timestamp", "split")
_GROUNDS = ("licence", "legal_basis")
_EXTRAS = ("tools", "functions", "accepted", "annotators", "kto_tag")
_TURNS = ("messages", "conversations")
_NAMED_FORMATS = frozenset({"request", "target"})


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
    """The shape that rows with these fields may have, or None for no known one."""
    fields = Fields(dict.fromkeys(names), source.columns)
    if _NAMED_FORMATS & source.columns.keys():
        return "request/target"
    for one in FORMATS:
        if one.needed and all(field in fields for field in one.needed):
            return cast("Shape", one.name)
    attributes = any(name == "attributes" or name.startswith("gen_ai.") for name in fields.values)
    return "otel" if attributes else None


def text_columns(source: Source) -> frozenset[str]:
    """The columns whose text goes into messages, for all shapes."""
    keys = {key for one in FORMATS for key in one.keys}
    return frozenset(column(source, key) for key in keys if key not in _STRUCTURED)


_STRUCTURED = frozenset(
    {
        "messages", "conversations", "history", "annotations", "data", "fields", "responses",
        "metadata", "attributes", "status", "error", "feedback", "created_at", "start_time",
        "timestamp", "response", "chosen", "rejected", "preferred_output", "non_preferred_output",
    }
)  # fmt: skip
"""Fields whose objects and numbers are read as such, not as text."""


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
    fields = Fields(values, source.columns)
    found = format_of(fields)
    if found is None:
        raise _unknown(values)
    parts = _rated(found.read(fields), fields)
    tools = _tools(fields, parts)
    accepted = read_accepted(fields.get("accepted"), fields.path("accepted"))
    _check(parts, tools, limits, is_text=found.name == "text")
    made = _example(parts, tools, accepted, _provenance(fields, parts, source, number))
    return Row(made, cast("Shape", found.name), _used(found, tuple(source.columns.items())))


def _rated(parts: Parts, fields: Fields) -> Parts:
    """With LLaMA-Factory's ``kto_tag``, which any row may have."""
    if fields.get("kto_tag") is None:
        return parts
    return parts._replace(rating=rating_of(fields.get("kto_tag"), fields.path("kto_tag")))


def _unknown(values: Mapping[str, Any]) -> RowError:
    names = ", ".join(sorted(map(str, values))[:12]) or "none"
    guessed = ", ".join(f"{ours}: {theirs}" for ours, theirs in guess([values]).items())
    hint = f"; if they are, map columns: {{{guessed}}}" if guessed else ""
    hint = batch_hint(values) or hint
    return RowError("unknown_shape", "$", f"has no known shape; its fields are: {names}{hint}")


def _tools(fields: Fields, parts: Parts) -> tuple[dict[str, Any], ...]:
    name = fields.name("tools")
    if name not in fields.values and "functions" in fields.values:
        name = "functions"
    return read_tools(fields.values.get(name) or parts.tools, f"$.{name}")


def _check(parts: Parts, tools: Sequence[Any], limits: Limits, *, is_text: bool) -> None:
    messages = parts.messages
    last = len(messages) - 1
    if messages[last].role != "assistant":
        reason = f"the last turn is from '{messages[-1].role}'; it must be the assistant's target"
        raise RowError("no_target", f"$.messages[{last}].role", reason)
    if is_blank(messages[last].content):
        raise RowError("empty_target", f"$.messages[{last}].content", "the target is empty")
    asked = any(m.role == "user" and not is_blank(m.content) for m in messages[:-1])
    if not asked and not is_text:
        raise RowError("no_request", "$.messages", "no user turn stands before the target")
    size = sum(len(m.content) for m in (*messages, *parts.rejected))
    size += len(json.dumps(tools)) if tools else 0
    if size > limits.characters:
        reason = f"has {size:,} characters; the limit is {limits.characters:,}"
        raise RowError("too_long", "$", reason)


def _provenance(fields: Fields, parts: Parts, source: Source, number: int) -> Provenance:
    labels = {}
    for field in _LABELS:
        value = fields.get(field)
        label = "" if value is None else _label(value, fields.path(field))
        labels[field] = label or _loose(parts.labels.get(field))
    grounds = {field: getattr(source, field) for field in _GROUNDS}
    for field in _GROUNDS:
        if field in source.columns:
            grounds[field] = _label(fields.get(field), fields.path(field)) or grounds[field]
    people = parts.annotators or _people(fields.get("annotators"), fields.path("annotators"))
    return Provenance(source=source.path, row=number, annotators=people, **grounds, **labels)


def _label(value: Any, path: str) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise RowError("bad_type", path, f"must be text, not {name_of(value)}")


def _loose(value: Any) -> str:
    """As ``_label``, for fields that have their name by chance."""
    return _label(value, "$") if isinstance(value, str | int | float | date) else ""


def _people(value: Any, path: str) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    return tuple(sorted({_label(name, path) for name in names} - {""}))


@lru_cache(maxsize=64)
def _used(found: Format, columns: tuple[tuple[str, str], ...]) -> frozenset[str]:
    names = dict(columns)
    fields = (*found.keys, *_LABELS, *_EXTRAS)
    grounds = {names[field] for field in _GROUNDS if field in names}
    return frozenset(names.get(field, field) for field in fields) | grounds


def _example(
    parts: Parts,
    tools: tuple[dict[str, Any], ...],
    accepted: dict[str, Any] | None,
    provenance: Provenance,
) -> Example:
    # Fields that came later stand in the digest only when they are set: older names stay.
    made: dict[str, Any] = {
        "messages": [m.model_dump() for m in parts.messages],
        "tools": list(tools),
        "accepted": accepted,
        "provenance": provenance.model_dump(
            exclude=None if provenance.annotators else {"annotators"}
        ),
    }
    if parts.rejected:
        made["rejected"] = [m.model_dump() for m in parts.rejected]
    if parts.rating is not None:
        made["rating"] = parts.rating
    try:
        return Example(
            id=digest(made),
            messages=parts.messages,
            tools=tools,
            accepted=accepted,
            rejected=parts.rejected,
            rating=parts.rating,
            provenance=provenance,
        )
    except (ValueError, RecursionError) as fault:
        # Integers beyond 2^53, NaN and lone surrogates have no canonical JSON form.
        reason = f"holds a value that JSON cannot carry safely: {fault}"
        raise RowError("bad_value", "$", reason) from fault
