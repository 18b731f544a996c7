"""Runs every check over rows and says what each found, and how bad it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.data.checks import ROW_CHECKS, WHOLE_CHECKS, Outcome, Setting
from tuneworthy.data.checks.check import RowCheck, Severity, WholeCheck
from tuneworthy.data.table import Rows, Table

SHOWN = 20
"""Places that a finding names in a dataset version."""

_FAULTS = {"empty_target": "empty_output", "too_long": "over_length", "bad_tools": "tool_schema"}
UNREADABLE = "schema_error"
"""The code of a row that could not be read, unless its fault has a code of its own."""


@dataclass
class Hits:
    """What one check has to say.

    Attributes:
        code, severity, message, fix: The check's own words.
        rows: Positions, ascending.
        partner: For a row the one it was found with.
        why: More about a row.
        figure: The check's number.
        skipped: Why it did not run; empty when it did.
    """

    code: str
    severity: Severity
    message: str
    fix: str
    rows: Rows
    partner: Mapping[int, int] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    figure: Mapping[str, float | str] = field(default_factory=dict)
    skipped: str = ""

    def finding(self, table: Table) -> Finding:
        """As a dataset version keeps it: the first places, and how many there are."""
        return Finding(
            code=self.code,
            severity=self.severity,
            message=f"{len(self.rows):,} rows: {self.message}",
            rows=tuple(table.places[at] for at in self.rows[:SHOWN].tolist()),
            count=len(self.rows),
            fix=self.fix,
        )


def screen(
    table: Table,
    setting: Setting,
    *,
    only: Iterable[str] | None = None,
    heard: Callable[[int, int, str], None] | None = None,
) -> list[Hits]:
    """Every check's hits, in the order of the checks; also of those that found nothing.

    Args:
        table: The rows.
        setting: What the checks may be told.
        only: Codes to look for; all when None.
        heard: Told how many checks are done, of how many, and which comes next.
    """
    wanted = None if only is None else set(only)
    found: dict[str, Hits] = {}
    for row_check in ROW_CHECKS:
        if wanted is None or row_check.code in wanted:
            _add(found, row_check, Outcome(table.failing(row_check.code)))
    whole = [check for check in WHOLE_CHECKS if wanted is None or check.code in wanted]
    for done, check in enumerate(whole):
        if heard is not None:
            heard(done, len(whole), check.code)
        _add(found, check, check.find(table, setting))
    for code, why in _unreadable(table).items():
        if code in found:
            _merge(found[code], Outcome(np.array(sorted(why), dtype=np.int64), why=why))
    return list(found.values())


def _add(found: dict[str, Hits], check: RowCheck | WholeCheck, outcome: Outcome) -> None:
    if check.code not in found:
        none = np.zeros(0, dtype=np.int64)
        found[check.code] = Hits(check.code, check.severity, check.message, check.fix, none)
    _merge(found[check.code], outcome)


def _merge(hits: Hits, outcome: Outcome) -> None:
    hits.rows = np.union1d(hits.rows, outcome.rows)
    hits.partner = {**hits.partner, **outcome.partner}
    hits.why.update(outcome.why)
    hits.figure = {**hits.figure, **outcome.figure}
    hits.skipped = outcome.skipped


def _unreadable(table: Table) -> dict[str, dict[int, str]]:
    """Rows that could not be read, under the code of the check that would have found them."""
    told: dict[str, dict[int, str]] = {}
    faults, reasons = table.columns.column("fault"), table.columns.column("reason")
    for at in np.flatnonzero(faults.is_valid().to_numpy()).tolist():
        fault, reason = faults[at].as_py(), reasons[at].as_py()
        code = _FAULTS.get(fault, UNREADABLE)
        if fault == "bad_json" and ".arguments" in reason.split(": ")[0]:
            code = "broken_json"
        told.setdefault(code, {})[at] = reason
    return told
