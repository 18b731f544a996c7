"""Drops what must not be trained on, each row with its reason: nothing is altered.

Order: rows with personal data or secrets, then exact duplicates, then near-duplicates. Of copies
the first is kept, counting rows of the test split first (where a source declares splits), then
rows with a licence and a legal basis, then by source and row.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from tuneworthy.core.nouns.dataset import Fate, PiiReport
from tuneworthy.data.checks.whole.duplicates import exact_copies, near_copies
from tuneworthy.data.checks.whole.personal import held
from tuneworthy.data.fates import dropped
from tuneworthy.data.scan import DETECTOR_VERSION
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.neardup import Work, jaccard

_SPLIT_ORDER = {"test": 0, "validation": 1}


@dataclass(frozen=True)
class Cleaned:
    """Positions of what is kept (by source and row), and what was dropped."""

    kept: Rows
    fates: list[Fate]
    unique: Rows
    """The rows as they stood before near-duplicates were dropped."""
    crowded: int = 0
    """Rows among so many alike that they were compared with a part of those only."""


def clean(table: Table) -> Cleaned:
    """Gate personal data and secrets, drop exact and near duplicates."""
    gated = _gate(table)
    ranked = _without(_ranked(table), gated)
    exact = exact_copies(table, ranked)
    unique = _without(ranked, exact)
    work = Work()
    near = near_copies(table, unique, work)
    fates = [
        *gated.values(),
        *(_same(table, at, kept) for at, kept in exact.items()),
        *(_near(table, at, kept) for at, kept in near.items()),
    ]
    return Cleaned(table.in_order(_without(unique, near)), fates, unique, work.crowded)


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


def _ranked(table: Table) -> Rows:
    """The usable rows, those to keep before others first."""
    ordered = table.in_order(table.good)
    chosen = table.columns.select(["split", "licence", "legal_basis"]).take(ordered)
    split = [_SPLIT_ORDER.get(name, 2) for name in chosen.column("split").to_pylist()]
    grounds = [chosen.column(name).to_numpy() for name in ("licence", "legal_basis")]
    place = np.lexsort((~(grounds[0] & grounds[1]), np.array(split, dtype=np.int64)))
    ranked: Rows = ordered[place]
    return ranked


def _without(rows: Rows, left_out: Collection[int]) -> Rows:
    gone = np.fromiter(left_out, dtype=np.int64, count=len(left_out))
    return rows[~np.isin(rows, gone)]


def _gate(table: Table) -> dict[int, Fate]:
    fates = {}
    for at in np.intersect1d(table.with_findings, table.good).tolist():
        blocking = [hit for hit in table.found(at) if hit.high]
        if blocking:
            fates[at] = dropped(table, at, blocking[0].code, held(blocking))
    return fates


def _same(table: Table, at: int, kept: int) -> Fate:
    place = table.places[kept]
    return dropped(table, at, "exact_duplicate", f"says the same as {place}", place)


def _near(table: Table, at: int, kept: int) -> Fate:
    place, score = table.places[kept], jaccard(table.request(at), table.request(kept))
    reason = f"asks {score:.0%} alike to {place}, with the same answer"
    return dropped(table, at, "near_duplicate", reason, place)
