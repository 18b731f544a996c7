"""The answer stands in the question: what a model then learns is to copy."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.label_leak import label_leaks
from tuneworthy.methods.label_noise import looks_like_labels

_HOW = {
    "marker": "the request names its own answer",
    "tag": "the request carries its own label",
    "whole": "the whole answer stands in the request",
    "code": "a token of the request goes with this answer alone",
}


def find(table: Table, _: Setting) -> Outcome:
    """Rows whose request gives the target away."""
    shapes = table.values("shape")
    rows = [at for at in table.good.tolist() if shapes[at] != "document"]
    targets = [table.targets[at] for at in rows]
    leaks = label_leaks(
        [table.requests[at] for at in rows], targets, labels=looks_like_labels(targets)
    )
    why = {rows[leak.row]: f"{_HOW[leak.how]}: {leak.piece[:60]!r}" for leak in leaks}
    return Outcome(rows_of(list(why)), why=why)


CHECK = WholeCheck(
    "label_leak",
    "warning",
    "The request gives the answer away.",
    "Take the answer out of the request, as whoever asks will not write it there.",
    find,
)
