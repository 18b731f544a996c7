"""Writes the mended file: rows that stay as they are keep their bytes where the kind allows it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from tuneworthy.core.nouns.file_check import Edit, RowChange
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.formats.csv_rows import escaped
from tuneworthy.data.json_list_file import list_items, list_start
from tuneworthy.data.json_row import longest_row
from tuneworthy.data.kinds import raw_rows
from tuneworthy.data.lines import text_lines
from tuneworthy.data.mend.discreet import discreet
from tuneworthy.data.mend.edits import PRIVATE, NotMended, edit_row
from tuneworthy.data.mend.impute import filled
from tuneworthy.data.mend.plan import Plan
from tuneworthy.data.mend.sinks import Values, sink_for, whole_file
from tuneworthy.data.opened import NoHash, ending
from tuneworthy.data.redact import Redaction
from tuneworthy.data.rows import Limits
from tuneworthy.data.table import Table
from tuneworthy.methods.strict_json import strict_json

_TEXT = (".jsonl", ".ndjson", ".json")
FORMULA = "formula"
"""The code of a cell that got an apostrophe."""


@dataclass(frozen=True)
class Mended:
    """How many rows were written, and the ledger's lines, by row."""

    written: int
    changes: list[RowChange]

    @property
    def by_code(self) -> dict[str, int]:
        """Rows that each code changed or left out."""
        codes: Counter[str] = Counter()
        for change in self.changes:
            codes.update({change.code, *(edit.code for edit in change.edits)})
        return dict(sorted(codes.items()))


def write_mended(
    path: Path,
    out: Path | None,
    source: Source,
    table: Table,
    plan: Plan,
    how: Redaction,
    *,
    limits: Limits,
    targets_too: bool = False,
) -> Mended:
    """Go through the file again and write what is left of it.

    ``out`` is written beside its place and renamed when it is whole. Its ending says the kind.
    JSON Lines keep the bytes of rows that are not changed.

    Args:
        path: The file.
        out: The new file; None to write nothing.
        source: How the file was read.
        table: The file's rows as they were checked.
        plan: What is to be done.
        how: How personal data and secrets are taken out.
        limits: As the file was read.
        targets_too: Whether ``normalise`` may touch targets.

    Raises:
        ConfigProblem: The ending of ``out`` is not one that can be written.
    """
    changes: list[RowChange] = []
    written = 0
    with sink_for(out, path) as sink:
        for row, values, text in _rows(path, source, limits):
            change = plan.drops.get(row)
            if change is None and (row in plan.edits or row in plan.fills):
                target = "" if targets_too else table.targets[row]
                values, text, change = _edited(row, values, text, plan, how, target)
            lost = change is not None and change.action == "dropped"
            if not lost and values is None and (text is None or not sink.takes_text):
                values, drop = _carried(row, text)
                change, lost = drop or change, drop is not None
            if not lost:
                change = _guarded(row, change, sink.guarded(values, text))
                sink.add(values, text)
                written += 1
            if change is not None:
                changes.append(discreet(change))
    return Mended(written, changes)


def write_ledger(path: Path, changes: list[RowChange]) -> None:
    """One line of JSON for every row that was changed or left out."""
    with whole_file(path) as file:
        for change in changes:
            file.write(orjson.dumps(change.model_dump(exclude_none=True)) + b"\n")


def _guarded(row: int, change: RowChange | None, cells: Mapping[str, str]) -> RowChange | None:
    """What became of a row, with a word on cells that a spreadsheet would run."""
    if not cells:
        return change
    reason = f"{', '.join(cells)}: written with ' before a formula"
    edits = tuple(
        Edit(path=f"$.{name}", code=FORMULA, before=cell, after=escaped(cell))
        for name, cell in cells.items()
    )
    if change is None:
        return RowChange(row=row, action="changed", code=FORMULA, reason=reason, edits=edits)
    said = {"reason": f"{change.reason}; {reason}", "edits": (*change.edits, *edits)}
    return change.model_copy(update=said)


def _carried(row: int, text: str | None) -> tuple[Values, RowChange | None]:
    """The fields of a line for a file of another kind, or why it has none to carry."""
    try:
        values = strict_json(text or "")
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict):
        return values, None
    reason = "cannot be read, so it cannot be written"
    return None, RowChange(row=row, action="dropped", code="schema_error", reason=reason)


def _edited(
    row: int,
    values: Values,
    text: str | None,
    plan: Plan,
    how: Redaction,
    target: str,
) -> tuple[Values, str | None, RowChange | None]:
    codes = plan.edits.get(row, ())
    fills = plan.fills.get(row, {})
    if values is None:
        values = dict(json.loads(text or "{}"))
    try:
        new, edits = edit_row(values, codes, how, target)
    except NotMended as fault:
        drop = RowChange(row=row, action="dropped", code=fault.code, reason=f"{fault}.")
        return values, text, drop
    new, more = filled(new, fills)
    edits += more
    if not edits:
        return values, text, None
    paths = ", ".join(dict.fromkeys(edit.path for edit in edits))
    said = "redacted" if edits[0].code in PRIVATE else "changed"
    why = "; ".join(f"{column}: {fill.reason}" for column, fill in fills.items())
    reason = f"{said} at {paths}" + (f" ({why})" if why else "")
    change = RowChange(row=row, action="changed", code=edits[0].code, reason=reason, edits=edits)
    return new, None, change


def _rows(path: Path, source: Source, limits: Limits) -> Iterator[tuple[int, Values, str | None]]:
    """Each record with its number, its values, and its text where it has one of its own."""
    start = list_start(path)
    if start is not None:
        longest = longest_row(limits)
        items = list_items(path, NoHash(), start, longest, frozenset())
        for row, (_, item) in enumerate(items):
            yield row, None, item or None
        return
    if ending(path) not in _TEXT:
        for row, raw in enumerate(raw_rows(path, source, NoHash(), limits)):
            yield row, raw.values, None
        return
    row = 0
    for line in text_lines(path, NoHash(), longest_row(limits)):
        text = (line.text or "").strip()
        if text or line.text is None:
            yield row, None, None if line.text is None or line.fault else text
            row += 1
