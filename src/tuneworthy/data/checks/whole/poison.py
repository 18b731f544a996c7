"""Planted rows: rare words that decide the answer, and characters that nobody sees.

A screen says "look here"; it proves no intent. Where targets are not labels, triggers are looked
for among the beginnings and the ends of answers that many rows share.
"""

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.poison import hidden_marks, shared_targets
from tuneworthy.methods.triggers import Trigger, trigger_rows

MOST = 20_000
"""Rows up to which triggers are looked for; the work grows with the square of them."""
LEAST_MARKED = 5
PURE = 0.9


def find(table: Table, setting: Setting) -> Outcome:
    """Rows with a trigger, or with hidden characters that go with one answer."""
    good = table.good.tolist()
    texts = [table.requests[at] for at in good]
    targets = [table.targets[at] for at in good]
    whole = shared_targets(targets)
    why = {
        good[row]: f"the hidden character U+{ord(mark.character):04X} goes with one answer"
        for mark in hidden_marks(texts, whole, least=LEAST_MARKED)
        if mark.target >= 0 and mark.pure >= PURE
        for row in mark.rows
    }
    if setting.embed is None or len(good) > MOST:
        figure: dict[str, float | str] = {"looked_for": "hidden characters alone"}
        return Outcome(rows_of(list(why)), why=why, figure=figure)
    for part in ("whole", "head", "tail"):
        labels = whole if part == "whole" else shared_targets(targets, part)
        if np.count_nonzero(labels >= 0) == 0:
            continue
        for trigger in trigger_rows(texts, labels, setting.embed):
            # An n-gram that only adorns rows of one answer is too often an honest phrase.
            if trigger.kind == "decides":
                why.update({good[row]: _said(trigger) for row in trigger.rows})
        if part == "whole" and np.mean(labels >= 0) > 0.9:
            break  # The targets are labels: their beginnings say no more.
    return Outcome(rows_of(list(why)), why=why)


def _said(trigger: Trigger) -> str:
    words = " ".join(trigger.gram)
    return f"'{words}' goes with one answer in {trigger.pure:.0%} of {len(trigger.rows)} rows"


CHECK = WholeCheck(
    "poison_trigger",
    "block",
    "Something rare in the request decides the answer by itself, as a planted trigger does.",
    "Look at the rows and where they came from; leave them out: "
    "tuneworthy data fix --only poison_trigger",
    find,
)
