"""Numbers about the whole file that accuse no row: how varied it is, and how even its classes."""

from collections import Counter

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck
from tuneworthy.data.checks.whole.label_noise import labelled
from tuneworthy.data.table import Table
from tuneworthy.methods.balance import class_spread
from tuneworthy.methods.diversity import compression_ratio, distinct


def _diversity(table: Table, _: Setting) -> Outcome:
    texts = [table.requests[at] for at in table.good.tolist()]
    if not texts:
        return Outcome(skipped="no row can be read")
    return Outcome(
        figure={
            "distinct_2": round(distinct(texts), 4),
            "compression_ratio": round(compression_ratio(texts), 3),
        }
    )


def _balance(table: Table, _: Setting) -> Outcome:
    figure: dict[str, float | str] = {}
    rows = labelled(table)
    if len(rows):
        spread = class_spread([table.targets[at].strip() for at in rows.tolist()])
        figure["classes"] = len(spread.counts)
        figure["largest_over_smallest"] = round(spread.largest_over_smallest, 2)
        figure["evenness"] = round(spread.evenness, 4)
    segments = Counter(segment for segment in table.values("segment") if segment)
    for name, count in segments.most_common(20):
        figure[f"segment:{name[:40]}"] = count
    if not figure:
        return Outcome(skipped="the targets are not labels, and no row names a segment")
    return Outcome(figure=figure)


DIVERSITY = WholeCheck(
    "diversity", "info", "How varied the requests are.", "More varied rows help.", _diversity
)
BALANCE = WholeCheck(
    "balance",
    "info",
    "How evenly the classes and segments come.",
    "Add to the rare ones.",
    _balance,
)
