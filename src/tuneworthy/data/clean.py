"""Drops what must not be trained on, each row with its reason: nothing is altered.

Order: rows with personal data or secrets, then exact duplicates, then near-duplicates. Of copies
the first is kept, counting rows of the test split first (where a source declares splits), then
rows with a licence and a legal basis, then by source and row.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tuneworthy.core.nouns.dataset import Fate, PiiReport
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.keys import likeness_key, order_of, place_of, prompt_text, row_key
from tuneworthy.data.scan import DETECTOR_VERSION, Found, scan
from tuneworthy.methods.neardup import jaccard, keep_stars

NEAR_DUPLICATE = 0.8
"""Least char-5 Jaccard similarity of the request to the kept copy's, for the same answer."""

_SPLIT_ORDER = {"test": 0, "validation": 1}


@dataclass(frozen=True)
class Cleaned:
    """What is kept (by source and row) and what was dropped."""

    kept: list[Example]
    fates: list[Fate]
    unique: list[Example]
    """The rows as they stood before near-duplicates were dropped."""


def clean(examples: Sequence[Example]) -> Cleaned:
    """Gate personal data and secrets, drop exact and near duplicates."""
    ranked = sorted(examples, key=_preference)
    safe, gated = _gate(ranked)
    unique, exact = _drop_exact(safe)
    kept, near = _drop_near(unique)
    fates = sorted([*gated, *exact, *near], key=lambda fate: (fate.source, fate.row))
    return Cleaned(sorted(kept, key=order_of), fates, unique)


def scan_report(examples: Sequence[Example]) -> PiiReport:
    """What the scan finds on exactly these rows."""
    scans = [scan(example) for example in examples]
    counts = Counter(hit.code for found in scans for hit in found)
    return PiiReport(
        scanned=len(scans),
        detector_version=DETECTOR_VERSION,
        counts=dict(sorted(counts.items())),
        unresolved_high=sum(hit.high for found in scans for hit in found),
    )


def _preference(example: Example) -> tuple[int, bool, tuple[str, int, str]]:
    where = example.provenance
    rank = _SPLIT_ORDER.get(where.split, 2)
    return (rank, not (where.licence and where.legal_basis), order_of(example))


def _gate(examples: Sequence[Example]) -> tuple[list[Example], list[Fate]]:
    safe: list[Example] = []
    fates: list[Fate] = []
    for example in examples:
        blocking = [hit for hit in scan(example) if hit.high]
        if blocking:
            fates.append(_gated(example, blocking))
        else:
            safe.append(example)
    return safe, fates


def _gated(example: Example, blocking: Sequence[Found]) -> Fate:
    # The value itself is never repeated: a fate is kept and shown where the row is not.
    first = blocking[0]
    kind = first.code.split("_", 1)[1].replace("_", " ")
    more = f" and {len(blocking) - 1} more" if len(blocking) > 1 else ""
    where = f"{first.path}, characters {first.start} to {first.end}"
    reason = f"{place_of(example)} holds a real-looking {kind} ({where}){more}"
    return _drop(example, first.code, reason)


def _drop_exact(examples: Sequence[Example]) -> tuple[list[Example], list[Fate]]:
    first: dict[str, Example] = {}
    fates = []
    for example in examples:
        kept = first.setdefault(row_key(example), example)
        if kept is not example:
            reason = f"{place_of(example)} says the same as {place_of(kept)}"
            fates.append(_drop(example, "exact_duplicate", reason, place_of(kept)))
    return list(first.values()), fates


def _drop_near(examples: Sequence[Example]) -> tuple[list[Example], list[Fate]]:
    texts = [prompt_text(example) for example in examples]
    stars = keep_stars(texts, NEAR_DUPLICATE, [likeness_key(example) for example in examples])
    kept, fates = [], []
    for i, (example, star) in enumerate(zip(examples, stars, strict=True)):
        if star == i:
            kept.append(example)
            continue
        copy = place_of(examples[star])
        score = jaccard(texts[i], texts[star])
        reason = f"{place_of(example)} asks {score:.0%} alike to {copy}, with the same answer"
        fates.append(_drop(example, "near_duplicate", reason, copy))
    return kept, fates


def _drop(example: Example, code: str, reason: str, kept: str = "") -> Fate:
    where = example.provenance
    return Fate(
        source=where.source, row=where.row, action="dropped", code=code, reason=reason, kept=kept
    )
