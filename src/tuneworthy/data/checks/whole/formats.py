"""Targets of one shape, and JSON that is whole."""

import re
from collections import Counter
from collections.abc import Sequence

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.rows.tool_schema import calls_of
from tuneworthy.data.table import Table
from tuneworthy.methods.strict_json import TwiceError, strict_json

_JSON = ("JSON object", "JSON list")
_FENCE = re.compile(r"^```json[ \t]*\n(.*?)(?:^```|\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE)


def _broken(table: Table, _: Setting) -> Outcome:
    """Targets that start like JSON, or stand among JSON, and do not parse as RFC 8259 has it.

    The same holds for what stands in a fence that is marked as JSON.
    """
    shapes, common = table.values("shape"), _common(table)
    found = []
    why: dict[int, str] = {}
    for at in table.good.tolist():
        text = table.targets[at].strip()
        if fault := _fault(text, is_json=shapes[at] in _JSON):
            found.append(at)
            why[at] = fault
        if shapes[at] != "text" or not text:
            continue
        opened = text[0] == "{" and ('"' in text or "'" in text)
        if opened or (common in _JSON and text[0] in "{["):
            found.append(at)
    return Outcome(rows_of(found), why=why)


def _fault(text: str, *, is_json: bool) -> str:
    """What is wrong in a JSON target that most readers would take, or in a fence; empty if nothing.

    Most readers take NaN, and of a key that stands twice the last.
    """
    parts = [text] if is_json else _FENCE.findall(text)
    for part in parts:
        try:
            strict_json(part)
        except TwiceError as fault:
            return f"{fault}"
        except (ValueError, RecursionError) as fault:
            return f"{fault}" if is_json else f"the JSON in its fence is not whole: {fault}"
    return ""


def _mixed(table: Table, _: Setting) -> Outcome:
    """One call and several calls are one shape: how many a request needs, it says itself."""
    shapes = ["tool call" if _calls(table, at) else shape for at, shape in _shapes(table)]
    good = table.good.tolist()
    common = _most_common(shapes)
    # Only a file that has settled on a shape has rows that break it.
    share = shapes.count(common) / max(1, len(good))
    figure: dict[str, float | str] = {"most_common": common, "share": round(share, 4)}
    if share < 0.5:
        return Outcome(figure=figure)
    rows = [at for at, shape in zip(good, shapes, strict=True) if shape != common]
    return Outcome(rows_of(rows), figure=figure)


def _calls(table: Table, at: int) -> bool:
    calls = calls_of(table.targets[at])
    return bool(calls) and all("arguments" in call for call in calls)


def _shapes(table: Table) -> list[tuple[int, str]]:
    """The good rows and the shapes of their targets."""
    shapes = table.values("shape")
    return [(at, shapes[at]) for at in table.good.tolist()]


def _common(table: Table) -> str:
    return _most_common([shape for _, shape in _shapes(table)])


def _most_common(shapes: Sequence[str]) -> str:
    often = Counter(shapes)
    return min(often, key=lambda shape: (-often[shape], shape)) if often else ""


BROKEN = WholeCheck(
    "broken_json",
    "block",
    "The target starts like JSON and is not whole, or is no JSON by the standard.",
    "Mend the JSON in the source, or take the row out.",
    _broken,
)
MIXED = WholeCheck(
    "mixed_formats",
    "warning",
    "Most targets have one shape; these have another.",
    "Bring all targets into one form.",
    _mixed,
)
