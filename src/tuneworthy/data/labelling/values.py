"""Whether a label is one that a queue knows, and labels as numbers that can be compared."""

import difflib
import math
from collections.abc import Mapping, Sequence

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.labelling import LabelQueue, LabelValue
from tuneworthy.methods.agreement import Level
from tuneworthy.methods.neardup import normalise

LONGEST = 200_000
"""Characters of a label in free text."""


def checked(queue: LabelQueue, value: object) -> LabelValue:
    """The label as the queue keeps it. Raises UsageProblem."""
    if queue.scale == "interval":
        return _number(queue, value)
    text = value if isinstance(value, str) else str(value)
    if queue.scale == "text":
        if not text.strip() or len(text) > LONGEST or not _storable(text):
            raise _bad(queue, text, f"Write 1 to {LONGEST:,} characters of plain text.")
        return text
    if text in queue.choices:
        return text
    near = difflib.get_close_matches(text, queue.choices, 1)
    known = ", ".join(queue.choices[:30])
    raise _bad(queue, text, f"Did you mean '{near[0]}'?" if near else f"One of: {known}")


def levels(queue: LabelQueue, values: Sequence[LabelValue]) -> tuple[Level, list[float]]:
    """The level on which agreement is measured, and each label as a number on it."""
    if queue.scale == "interval":
        return "interval", [float(value) for value in values]
    if queue.scale == "ordinal":
        rank: Mapping[str, int] = {name: place for place, name in enumerate(queue.choices)}
        return "ordinal", [float(rank[str(value)]) for value in values]
    keys = [same_key(queue, value) for value in values]
    code = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return "nominal", [float(code[key]) for key in keys]


def same_key(queue: LabelQueue, value: LabelValue) -> LabelValue:
    """Equal for two labels that count as the same one."""
    return normalise(str(value)) if queue.scale == "text" else value


def _number(queue: LabelQueue, value: object) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    low = -math.inf if queue.low is None else queue.low
    high = math.inf if queue.high is None else queue.high
    if not math.isfinite(number) or not low <= number <= high:
        raise _bad(queue, str(value), f"A number from {low:g} to {high:g}.")
    return number


def _storable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _bad(queue: LabelQueue, text: str, fix: str) -> UsageProblem:
    shown = text.encode("utf-8", "replace").decode()[:80]
    return UsageProblem("bad_label", f"'{shown}' is no label of the queue '{queue.id}'.", fix=fix)
