"""Drops what must not be trained on, each row with its reason: nothing is altered.

Order: rows with personal data or secrets, then exact duplicates, then near-duplicates. Of copies
the first is kept, counting rows of the test split first (where a source declares splits), then
rows with a licence and a legal basis, then by source and row.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tuneworthy.core.nouns.dataset import Fate, PiiReport
from tuneworthy.data.checks.whole.duplicates import exact_copies, near_copies
from tuneworthy.data.checks.whole.personal import held
from tuneworthy.data.fates import dropped
from tuneworthy.data.scan import DETECTOR_VERSION
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.neardup import jaccard

_SPLIT_ORDER = {"test": 0, "validation": 1}


@dataclass(frozen=True)
class Cleaned:
    """Positions of what is kept (by source and row), and what was dropped."""

    kept: Rows
    fates: list[Fate]
    unique: Rows
    """The rows as they stood before near-duplicates were dropped."""


def clean(table: Table) -> Cleaned:
    """Gate personal data and secrets, drop exact and near duplicates."""
    gated = _gate(table)
    barred = set(gated)
    ranked = np.array([at for at in _ranked(table) if at not in barred], dtype=np.int64)
    exact = exact_copies(table, ranked)
    unique = np.array([at for at in ranked.tolist() if at not in exact], dtype=np.int64)
    near = near_copies(table, unique)
    fates = [
        *gated.values(),
        *(_same(table, at, kept) for at, kept in exact.items()),
        *(_near(table, at, kept) for at, kept in near.items()),
    ]
    kept = np.array([at for at in unique.tolist() if at not in near], dtype=np.int64)
    return Cleaned(_in_order(table, kept), fates, unique)


def scan_report(table: Table) -> PiiReport:
    """What the scan finds on exactly these rows."""
    counts: Counter[str] = Counter()
    high = 0
    for at in table.with_findings.tolist():
        hits = table.found(at)
        counts.update(hit.code for hit in hits)
        high += sum(hit.high for hit in hits)
    return PiiReport(
        scanned=len(table),
        detector_version=DETECTOR_VERSION,
        counts=dict(sorted(counts.items())),
        unresolved_high=high,
    )


def _ranked(table: Table) -> list[int]:
    """The usable rows, those to keep before others first."""
    split, grounds = table.values("split"), _grounds(table)
    order = _in_order(table, table.good).tolist()
    return sorted(order, key=lambda at: (_SPLIT_ORDER.get(split[at], 2), not grounds[at]))


def _grounds(table: Table) -> list[bool]:
    both = zip(table.values("licence"), table.values("legal_basis"), strict=True)
    return [bool(licence and basis) for licence, basis in both]


def _in_order(table: Table, rows: Rows) -> Rows:
    """By source, row and id, whatever the order the sources were read in."""
    source, line, name = (table.values(column) for column in ("source", "line", "id"))
    ordered = sorted(rows.tolist(), key=lambda at: (source[at], line[at], name[at]))
    return np.array(ordered, dtype=np.int64)


def _gate(table: Table) -> dict[int, Fate]:
    fates = {}
    for at in table.with_findings.tolist():
        blocking = [hit for hit in table.found(at) if hit.high]
        if blocking:
            fates[at] = dropped(table, at, blocking[0].code, held(blocking))
    return fates


def _same(table: Table, at: int, kept: int) -> Fate:
    place = table.places[kept]
    return dropped(table, at, "exact_duplicate", f"says the same as {place}", place)


def _near(table: Table, at: int, kept: int) -> Fate:
    place, score = table.places[kept], jaccard(table.requests[at], table.requests[kept])
    reason = f"asks {score:.0%} alike to {place}, with the same answer"
    return dropped(table, at, "near_duplicate", reason, place)
