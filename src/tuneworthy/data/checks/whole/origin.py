"""Where rows come from: the source, who labelled or asked, the month, what a version added.

A planter holds some of these and not others, so what is odd about rows of one alone says more.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tuneworthy.data.checks.check import Setting
from tuneworthy.data.table import Rows, Table

MOSTLY = 0.9
MINOR = 0.5
"""A source of more than this share of all rows explains nothing."""
ADDED = "rows added since the version before"
KINDS = ("source", "annotators", "subject", "month")
_MONTH = re.compile(r"\d{4}-\d{2}")


class Origins(NamedTuple):
    """One way to say where rows come from."""

    kind: str
    names: list[str]
    numbers: Rows
    """For each row asked about the number of its name; -1 where it has none."""

    def told(self, number: int) -> str:
        """One of them in words: ``the source a.jsonl``."""
        name = self.names[number]
        return name if self.kind == ADDED else f"the {self.word(self.kind)} {name}"

    @staticmethod
    def word(kind: str) -> str:
        """What one of a kind is called."""
        return {"annotators": "annotator"}.get(kind, kind)


def origins_of(table: Table, rows: Sequence[int], setting: Setting) -> Iterator[Origins]:
    """Every way that tells some of the rows from others."""
    for kind in KINDS:
        values = named_values(table, kind)
        mine = [values[at] for at in rows]
        names = sorted(set(mine) - {""})
        if len(names) > 1 or (names and "" in mine):
            number = {name: i for i, name in enumerate(names)}
            yield Origins(kind, names, np.array([number.get(v, -1) for v in mine], dtype=np.int64))
    if setting.before:
        keys = table.values("content_key")
        added = np.array([keys[at] not in setting.before for at in rows], dtype=bool)
        if added.any() and not added.all():
            yield Origins(ADDED, [f"the {ADDED}"], np.where(added, 0, -1).astype(np.int64))


def named_values(table: Table, kind: str) -> list[str]:
    """For each row of a table the origin of one of ``KINDS``; empty where it has none."""
    values = table.values("timestamp" if kind == "month" else kind)
    if kind != "month":
        return [value or "" for value in values]
    months = (_MONTH.match(value or "") for value in values)
    return [month.group() if month else "" for month in months]


def origin(table: Table, rows: Sequence[int]) -> str:
    """``; all come from the source X``, or the segment, where nine tenths do; else nothing."""
    for field, name in (("source", "source"), ("segment", "segment")):
        values = table.values(field)
        first, often = Counter(values[at] for at in rows).most_common(1)[0] if rows else ("", 0)
        total = values.count(first)
        if first and often >= MOSTLY * len(rows) and total <= MINOR * len(values):
            return f"; {often} of {len(rows)} come from the {name} {first}"
    return ""
