"""Which label was taken for which, where answers are labels."""

import json
from collections import Counter
from collections.abc import Sequence

from tuneworthy.core.nouns.failures import Confusion
from tuneworthy.evaluate.errors.answered import Answered, clipped, ids
from tuneworthy.evaluate.metrics.first_json import first_object

MOST_LABELS = 200
LONGEST = 80
"""Characters of a label."""
ELSE = "(no known label)"
EMPTY = "(nothing)"


def confusions(rows: Sequence[Answered], failures: Sequence[Answered]) -> tuple[Confusion, ...]:
    """Every failure in exactly one pair, commonest first; empty where answers are no labels."""
    labels = known_labels(rows)
    if not labels:
        return ()
    held: dict[tuple[str, str], list[Answered]] = {}
    for row in failures:
        held.setdefault((_label(row.case.expected), _said(row, labels)), []).append(row)
    order = sorted(held, key=lambda pair: (-len(held[pair]), pair))
    return tuple(
        Confusion(
            expected=clipped(pair[0]),
            said=clipped(pair[1]),
            n=len(held[pair]),
            examples=ids(held[pair]),
        )
        for pair in order
    )


def known_labels(rows: Sequence[Answered]) -> frozenset[str]:
    """The labels, if the expected answers are such: short, few, and each twice on average."""
    wanted = Counter(_label(row.case.expected) for row in rows)
    if len(wanted) < 2 or len(wanted) > min(MOST_LABELS, len(rows) // 2):
        return frozenset()
    return frozenset() if any(not w or len(w) > LONGEST for w in wanted) else frozenset(wanted)


def _said(row: Answered, labels: frozenset[str]) -> str:
    if not row.output.strip():
        return EMPTY
    label = _label(row.output)
    return label if label in labels else ELSE


def _label(text: str) -> str:
    """An answer as a label: its first JSON object with sorted keys, else the text itself."""
    found = first_object(text)
    if found is not None:
        return json.dumps(found, sort_keys=True, ensure_ascii=False)
    return " ".join(text.casefold().split())
