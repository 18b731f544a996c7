"""Argilla's export: ``fields`` and ``responses`` of a record, as version 2 and version 1 write it.

A suggestion comes from a model, so that it is no answer. Where a record has several questions,
the answer is that of ``target``, ``response``, ``answer``, ``completion`` or ``label``.

Version 2 writes answers without their status, so that a draft or a discarded answer looks like one
that was submitted: the answers of a record that is ``pending`` count only where they say so.
Source: ``Record.to_dict`` of the Argilla SDK, and what version 2.8.0 writes.
"""

from typing import Any

from tuneworthy.core.nouns.example import Message
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.formats.label_studio import agreed_answer, asked_of
from tuneworthy.data.values import RowError, name_of, text_of

_ANSWERS = ("target", "response", "answer", "completion", "label")


def read(fields: Fields) -> Parts:
    """The record's text with the answer that the annotators agree on."""
    asks = fields.get("fields")
    if not isinstance(asks, dict):
        raise RowError("bad_type", "$.fields", f"must be an object, not {name_of(asks)}")
    given = _responses(fields.get("responses"))
    if given and fields.get("status") == "pending" and not _say_status(fields.get("responses")):
        reason = "the record is pending: its answers may be drafts, or discarded"
        raise RowError("no_answer", "$.status", reason)
    names = sorted({name for name, _, _ in given})
    known = [name for name in _ANSWERS if name in names]
    if len(names) > 1 and not known:
        reason = f"which question holds the answer is not plain; there are: {', '.join(names)}"
        raise RowError("no_answer", "$.responses", reason)
    name = known[0] if known else names[0] if names else ""
    chosen = [(value, who) for question, value, who in given if question == name]
    agreed = agreed_answer([value for value, _ in chosen], [False] * len(chosen))
    people = tuple(sorted({who for _, who in chosen if who}))
    labels = fields.get("metadata")
    return Parts(
        (*asked_of(asks, "$.fields"), Message(role="assistant", content=agreed)),
        annotators=people,
        labels=labels if isinstance(labels, dict) else {},
    )


def _responses(value: Any) -> list[tuple[str, str, str]]:
    """Question, answer and annotator of each submitted response."""
    if isinstance(value, dict):
        return [
            found
            for name, responses in value.items()
            for one in (responses if isinstance(responses, list) else [responses])
            for found in _one(name, one, one)
        ]
    if isinstance(value, list):
        return [
            found
            for one in value
            if isinstance(one, dict) and isinstance(one.get("values"), dict)
            for name, inner in one["values"].items()
            for found in _one(name, inner, one)
        ]
    raise RowError("bad_type", "$.responses", f"must be an object or a list, not {name_of(value)}")


def _say_status(value: Any) -> bool:
    """Whether each response says by itself if it was submitted."""
    lists = value.values() if isinstance(value, dict) else [value]
    flat = [one for part in lists for one in (part if isinstance(part, list) else [part])]
    return all(isinstance(one, dict) and one.get("status") for one in flat)


def _one(name: str, inner: Any, response: Any) -> list[tuple[str, str, str]]:
    if not isinstance(inner, dict) or inner.get("value") in (None, ""):
        return []
    if response.get("status", "submitted") not in ("submitted", None):
        return []
    value = inner["value"]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    who = response.get("user_id")
    return [(name, text_of(value, f"$.responses.{name}"), str(who) if who is not None else "")]


FORMAT = Format(
    "argilla", ("fields", "responses", "metadata", "status"), ("fields", "responses"), read
)
