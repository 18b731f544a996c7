"""Redaction of a whole row: every text and number in it, in one go, so that they agree."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.data.redact import Change, Redaction, redact_texts
from tuneworthy.data.scan import leaves
from tuneworthy.methods.canonical import digest


class RedactedRow(NamedTuple):
    """The new row, or None where something high could not be taken out, and the changes."""

    row: Any
    changes: list[Change]


class RedactedExample(NamedTuple):
    """The new example, or None where something high could not be taken out, and the changes."""

    example: Example | None
    changes: list[Change]


def redact_row(row: Any, how: Redaction, path: str = "$") -> RedactedRow:
    """Any JSON value. Names of fields stay; a whole number that goes becomes 0."""
    texts = dict(leaves(row, path))
    new, changes = redact_texts(texts, how)
    if new is None:
        return RedactedRow(None, changes)
    rebuilt = _rebuilt(row, path, new)
    still = {at for at, _ in leaves(rebuilt, path)}
    # A number that became 0 is no leaf any more.
    changes = [c if c.path in still else c._replace(new_start=0, new_end=1) for c in changes]
    return RedactedRow(rebuilt, changes)


def redact_example(example: Example, how: Redaction) -> RedactedExample:
    """Turns, tool declarations, accepted answers and the segment together."""
    row = {
        "messages": [message.model_dump() for message in example.messages],
        "tools": list(example.tools),
        "accepted": example.accepted,
        "segment": example.provenance.segment,
    }
    new, changes = redact_row(row, how)
    if new is None:
        return RedactedExample(None, changes)
    update: dict[str, Any] = {
        "messages": tuple(Message(**message) for message in new["messages"]),
        "tools": tuple(new["tools"]),
        "accepted": new["accepted"],
    }
    if not changes:
        return RedactedExample(example, changes)
    provenance = example.provenance.model_copy(update={"segment": new.pop("segment")})
    content = {**new, "provenance": provenance.model_dump()}
    update |= {"provenance": provenance, "id": digest(content)}
    return RedactedExample(example.model_copy(update=update), changes)


def _rebuilt(value: Any, path: str, texts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _rebuilt(item, f"{path}.{name}", texts) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rebuilt(item, f"{path}[{i}]", texts) for i, item in enumerate(value)]
    if path not in texts or texts[path] == str(value):
        return value
    return texts[path] if isinstance(value, str) else 0
