"""What to do about each finding: leave the row out, or change texts in it.

Copies are left out but for the one that is kept. Of rows that contradict each other the answer that
more than half of them give is kept; where there is none, all go. Both are looked for among the rows
that nothing else leaves out, so that no row is given up for one that goes itself: first older
answers, then contradictions, then copies, so that each copy has a vote.

Personal data, secrets and damaged encoding are changed in place, in the request and in the target;
a row that cannot be repaired goes. Where private texts are taken out, a row that cannot be read
goes too: who knows what is in it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tuneworthy.core.nouns.file_check import RowChange
from tuneworthy.data.mend.edits import PRIVATE
from tuneworthy.data.mend.impute import CODE as IMPUTE
from tuneworthy.data.mend.impute import Fills
from tuneworthy.data.screen import Hits
from tuneworthy.data.table import Table
from tuneworthy.methods.circles import circles
from tuneworthy.methods.neardup import normalise

EDITED = ("encoding_damage", *PRIVATE)
"""Codes that are mended by changing texts."""
DROPPED = (
    "schema_error", "empty_output", "too_short", "over_length", "repetitive", "truncated",
    "refusal_boilerplate", "template_text", "broken_json", "mixed_formats", "tool_schema",
    "undeclared_call",
    "exact_duplicate", "near_duplicate", "conflict", "stale", "label_noise", "label_leak",
    "leakage", "contamination", "poison_trigger", "poison_phrase", "poison_burst", "label_flip",
    "poison_origin",    "placeholder",
)  # fmt: skip
"""Codes that are mended by leaving rows out."""
OPT_IN = ("normalise", IMPUTE)
"""Not findings: ``normalise`` brings white space and Unicode into one form, in requests alone
unless told; ``impute`` fills in metadata by the user's rules."""
AMONG = ("stale", "conflict", "exact_duplicate", "near_duplicate")
"""Codes by which a row is left out for another that stays, in the order they are looked for."""
Look = Callable[[Table, str], Hits]
"""What the check of one code finds among rows."""
NOTHING: Fills = {}
NO_ROW: Mapping[int, RowChange] = {}
FIXABLE = (*DROPPED, *EDITED, *OPT_IN)


@dataclass(frozen=True)
class Plan:
    """Rows to leave out, with the reason; and rows in which texts are to be changed."""

    drops: Mapping[int, RowChange] = field(default_factory=dict)
    edits: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """For a row the codes whose texts are to be changed in it."""
    fills: Fills = field(default_factory=dict)
    """Metadata to be filled in, by row."""


def plan_fix(
    table: Table,
    found: Sequence[Hits],
    codes: Sequence[str],
    look: Look,
    *,
    fills: Fills = NOTHING,
    lost: Mapping[int, RowChange] = NO_ROW,
) -> Plan:
    """What the findings ask for. A row is left out for the first of ``codes`` that asks for it.

    Args:
        table: The rows of one file.
        found: What the checks found, at least for those of ``codes`` that are not in AMONG.
        codes: Codes to mend, of FIXABLE.
        look: Looks for a code of AMONG in the rows that are left.
        fills: What the user's rules fill in.
        lost: Rows that go in any case.
    """
    by_code = {hits.code: hits for hits in found if hits.code not in AMONG}
    named = [by_code[code] for code in codes if code in by_code]
    drops: dict[int, RowChange] = dict(lost)
    for hits in named:
        for at, change in _own_faults(table, hits).items():
            drops.setdefault(at, change)
    for code in [code for code in AMONG if code in codes]:
        hits = _among(table, drops, code, look)
        drops |= {at: _dropped(table, hits, at, kept) for at, kept in _given_up(table, hits)}
    return Plan(
        {at: _with_who_stays(drops, at) for at in drops},
        {at: some for at, some in _edits(table, by_code, codes).items() if at not in drops},
        {at: some for at, some in sorted(fills.items()) if at not in drops},
    )


def _own_faults(table: Table, hits: Hits) -> dict[int, RowChange]:
    """Rows that go for what they are, whatever the others say."""
    if hits.code in DROPPED:
        return {at: _dropped(table, hits, at, None) for at in hits.rows.tolist()}
    return _not_redacted(table, hits)


def _edits(
    table: Table, by_code: Mapping[str, Hits], codes: Sequence[str]
) -> dict[int, tuple[str, ...]]:
    """For each row the codes whose texts are to be changed in it, in the order of ``codes``."""
    edits: dict[int, tuple[str, ...]] = {}
    for code in codes:
        rows = table.good if code == "normalise" else np.zeros(0, dtype=np.int64)
        if code in EDITED and code in by_code:
            rows = np.intersect1d(by_code[code].rows, table.good)
        for at in rows.tolist():
            edits[at] = (*edits.get(at, ()), code)
    return dict(sorted(edits.items()))


def _among(table: Table, drops: Mapping[int, RowChange], code: str, look: Look) -> Hits:
    """What a check finds in the rows that are left, by their places among all rows."""
    if not drops:
        return look(table, code)
    left = np.setdiff1d(np.arange(len(table)), np.array(list(drops)))
    hits = look(table.slim.take(left), code)
    place = left.tolist()
    hits.rows = left[hits.rows]
    hits.partner = {place[at]: place[other] for at, other in hits.partner.items()}
    hits.why = {place[at]: why for at, why in hits.why.items()}
    return hits


def _with_who_stays(drops: Mapping[int, RowChange], at: int) -> RowChange:
    """The row that was kept may be a copy of another one, and that one stays."""
    kept = drops[at].kept
    while kept is not None and kept in drops:
        kept = drops[kept].kept
    return drops[at].model_copy(update={"kept": kept})


def _not_redacted(table: Table, hits: Hits) -> dict[int, RowChange]:
    """Rows that are no examples: those that hold something private, or could not be searched.

    Where their parts begin and end is not known, so none is changed in place.
    """
    if hits.code not in PRIVATE:
        return {}
    rows = table.columns.column("row")
    unsearched = "It cannot be read, so it cannot be searched."
    said = dict.fromkeys(table.unsearched.tolist(), unsearched)
    for at in np.setdiff1d(hits.rows, table.good).tolist():
        found = hits.why.get(at) or hits.message
        said[at] = f"{found}; it is no example, so it is left out whole"
    return {
        at: RowChange(row=rows[at].as_py(), action="dropped", code=hits.code, reason=reason)
        for at, reason in said.items()
    }


def _given_up(table: Table, hits: Hits) -> Iterable[tuple[int, int | None]]:
    """Each row that goes, with the one that stays in its place."""
    if hits.code == "conflict":
        return _outvoted(table, hits).items()
    return ((at, hits.partner.get(at)) for at in hits.rows.tolist())


def _outvoted(table: Table, hits: Hits) -> dict[int, int | None]:
    """Rows of a conflict that do not give the answer of more than half."""
    drops: dict[int, int | None] = {}
    for rows in _circles(hits):
        said = [normalise(table.targets[at]) for at in rows]
        answer, often = Counter(said).most_common(1)[0]
        kept = rows[said.index(answer)] if often * 2 > len(rows) else None
        drops |= {
            at: kept for at, mine in zip(rows, said, strict=True) if kept is None or mine != answer
        }
    return drops


def _circles(hits: Hits) -> list[list[int]]:
    """Rows that speak against each other, directly or by way of others."""
    rows = hits.rows.tolist()
    place = {at: i for i, at in enumerate(rows)}
    pairs = ((at, other) for at, other in hits.partner.items() if at in place and other in place)
    joined = circles(len(rows), ((place[at], place[other]) for at, other in pairs))
    found: dict[int, list[int]] = defaultdict(list)
    for at, first in zip(rows, joined, strict=True):
        found[first].append(at)
    return list(found.values())


def _dropped(table: Table, hits: Hits, at: int, kept: int | None) -> RowChange:
    rows = table.columns.column("row")
    reason = hits.why.get(at) or hits.message
    if hits.code == "conflict":
        more = "more than half of them give another one" if kept is not None else "no one prevails"
        reason = f"{hits.message} {more.capitalize()}."
    return RowChange(
        row=rows[at].as_py(),
        action="dropped",
        code=hits.code,
        reason=reason,
        kept=None if kept is None else rows[kept].as_py(),
    )
