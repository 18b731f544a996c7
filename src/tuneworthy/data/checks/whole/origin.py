"""Where suspicious rows come from: one source, or one segment, is worth saying."""

from collections import Counter
from collections.abc import Sequence

from tuneworthy.data.table import Table

MOSTLY = 0.9
MINOR = 0.5
"""A source of more than this share of all rows explains nothing."""


def origin(table: Table, rows: Sequence[int]) -> str:
    """``; all come from the source X``, or the segment, where nine tenths do; else nothing."""
    for field, name in (("source", "source"), ("segment", "segment")):
        values = table.values(field)
        first, often = Counter(values[at] for at in rows).most_common(1)[0] if rows else ("", 0)
        total = values.count(first)
        if first and often >= MOSTLY * len(rows) and total <= MINOR * len(values):
            return f"; {often} of {len(rows)} come from the {name} {first}"
    return ""
