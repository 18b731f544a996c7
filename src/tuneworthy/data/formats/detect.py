"""Which format a file's rows have, with the mapping it needs and one row as it would be read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tuneworthy.data.formats.format import Fields, Parts
from tuneworthy.data.formats.known import format_of
from tuneworthy.data.formats.otel import batch_hint
from tuneworthy.data.values import RowError, is_blank
from tuneworthy.data.yaml_text import yaml_string

_REQUESTS = (
    "question", "query", "prompt", "input", "instruction", "utterance", "user", "request", "source",
    "text", "sentence", "context",
)  # fmt: skip
_TARGETS = (
    "answer", "response", "output", "completion", "reply", "target", "assistant", "label", "intent",
    "category", "class", "summary", "sql",
)  # fmt: skip
_SHOWN = 200


class Detection(NamedTuple):
    """What was found in a sample of rows."""

    format: str
    """A name in ``FORMATS``; empty when no rows have a known one."""
    share: float
    """Of the sample, the share that has it and can be read, 0 to 1."""
    columns: dict[str, str]
    """Our fields to the columns that look like them; empty when the names are the format's own."""
    mapping: str
    """The same as YAML lines to put under the source."""
    preview: tuple[tuple[str, str], ...]
    """Role and text of each turn of the first row that could be read."""
    reasons: tuple[str, ...]
    """Why other rows cannot be read, the most frequent first."""


def detect(sample: Sequence[Mapping[str, Any]]) -> Detection:
    """The most frequent format of rows; of equals, the one seen first.

    Rows of no known format are tried once more with the names that people give to a request and its
    answer (``question`` and ``answer``, ...): the mapping says which.
    """
    best = _tried(sample, {})
    if best.share < 0.5:
        columns = guess(sample)
        if columns:
            guessed = _tried(sample, columns)
            best = guessed if guessed.share > best.share else best
    return best


def guess(sample: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Our ``request`` and ``target`` to the columns that look like them; empty when none do."""
    names = {
        str(name).lower(): str(name) for row in sample for name, v in row.items() if not is_blank(v)
    }
    request = next((names[name] for name in _REQUESTS if name in names), "")
    target = next((names[n] for n in _TARGETS if n in names and names[n] != request), "")
    return {"request": request, "target": target} if request and target else {}


def _tried(sample: Sequence[Mapping[str, Any]], columns: dict[str, str]) -> Detection:
    read: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    first: dict[str, Parts] = {}
    for row in sample:
        fields = Fields(row, columns)
        one = format_of(fields)
        if one is None:
            faults[f"has no known shape{batch_hint(row)}"] += 1
            continue
        try:
            parts = one.read(fields)
        except RowError as fault:
            faults[str(fault)[:_SHOWN]] += 1
            continue
        read[one.name] += 1
        first.setdefault(one.name, parts)
    reasons = tuple(reason for reason, _ in faults.most_common(5))
    if not read:
        return Detection("", 0.0, {}, "", (), reasons)
    name, count = read.most_common(1)[0]
    turns = tuple((m.role, m.content[:_SHOWN]) for m in first[name].messages)
    return Detection(
        name, count / len(sample), dict(columns), mapping_lines(columns), turns, reasons
    )


def mapping_lines(columns: Mapping[str, str]) -> str:
    """A mapping as lines of YAML; names stand in quotes where YAML could read them otherwise."""
    if not columns:
        return ""
    lines = [f"  {field}: {_scalar(name)}" for field, name in columns.items()]
    return "\n".join(["columns:", *lines]) + "\n"


def _scalar(name: str) -> str:
    if name.isidentifier() and name.lower() not in (
        "yes",
        "no",
        "on",
        "off",
        "true",
        "false",
        "null",
    ):
        return name
    return yaml_string(name)
