"""Names of people and places, softly: a warning, and never a gate.

They have no form to be sure by; what is found is a part of what is there. The built-in recogniser
looks for what a sentence introduces as a name; another may be given (``Setting.names``).
"""

from collections import Counter, defaultdict

import numpy as np
import pyarrow.compute as pc  # type: ignore[import-untyped]

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.pii.soft import IntroducedNames, SoftRecogniser

_BATCH = 1_000
_COLUMNS = ("request", "target")
_LIKELY = r"[^A-Za-z0-9_][A-Z\x{c0}-\x{d6}\x{d8}-\x{de}]|[a-z\x{df}.] [0-9]"
"""What every text has in which the built-in recogniser finds something: a capital letter behind a
space or sign, or a number behind a word. Arrow looks for it in a fraction of the time."""


def find(table: Table, setting: Setting) -> Outcome:
    """Rows whose request or target may name somebody or a place, with the kinds and counts."""
    names: SoftRecogniser = setting.names or IntroducedNames()
    kinds: Counter[str] = Counter()
    held: dict[int, set[str]] = defaultdict(set)
    for column in _COLUMNS:
        rows = table.good if setting.names is not None else _likely(table, column)
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            texts = table.text(column, part).to_pylist()
            for at, hits in zip(part.tolist(), names.find(texts), strict=True):
                kinds.update(hit.kind for hit in hits)
                held[at] |= {hit.kind for hit in hits}
    why = {at: f"may hold a {_told(some)}" for at, some in sorted(held.items()) if some}
    figure: dict[str, float | str] = {**dict(sorted(kinds.items())), "recogniser": names.version}
    return Outcome(rows_of(list(why)), why=why, figure=figure)


def _likely(table: Table, column: str) -> Rows:
    found = pc.match_substring_regex(table.text(column, table.good), _LIKELY)
    rows: Rows = table.good[np.asarray(found.to_numpy(), dtype=bool)]
    return rows


def _told(kinds: set[str]) -> str:
    return " and a ".join(sorted(kind.replace("_", " ") for kind in kinds))


CHECK = WholeCheck(
    "pii_soft",
    "warning",
    "The row may name a person or a place.",
    "Have somebody look: tuneworthy data residual draw. Names have no form to be sure by.",
    find,
)
