"""Numbers about the whole file that accuse no row: how varied it is, and how even its classes."""

from collections import Counter
from collections.abc import Sequence

from tuneworthy.data.checks.check import Embed, Outcome, Setting, WholeCheck
from tuneworthy.data.checks.whole.label_noise import labelled
from tuneworthy.data.table import Table
from tuneworthy.methods.balance import class_spread, share_text
from tuneworthy.methods.diversity import compression_ratio, distinct, vendi_score
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.residual import review_sample

SEED = 7
MOST_CLASSES = 20
"""Classes, the largest first, whose shares are told."""
MOST_READ = 2_000
"""Different requests that the sentence model reads for the variety of meanings."""


def _diversity(table: Table, setting: Setting) -> Outcome:
    texts = [table.requests[at] for at in table.good.tolist()]
    if not texts:
        return Outcome(skipped="no row can be read")
    return Outcome(
        figure={
            "distinct_2": round(distinct(texts), 4),
            "compression_ratio": round(compression_ratio(texts), 3),
            **(_meanings(texts, setting.embed) if setting.vendi else {}),
        }
    )


def _meanings(texts: Sequence[str], embed: Embed | None) -> dict[str, float | str]:
    """Vendi score of a seeded sample of the different requests, and how many they are."""
    if embed is None:
        return {"vendi": "the sentence model is not installed"}
    different = list(dict.fromkeys(texts))
    rows = review_sample(len(different), min(MOST_READ, len(different)), SEED)
    score = vendi_score(embed([different[row] for row in rows]))
    return {"vendi": round(score, 2), "vendi_rows": len(rows)}


def _balance(table: Table, _: Setting) -> Outcome:
    figure: dict[str, float | str] = {}
    rows = labelled(table)
    if len(rows):
        labels = [table.targets[at].strip() for at in rows.tolist()]
        spread = class_spread(labels)
        figure["classes"] = len(spread.counts)
        figure["largest_over_smallest"] = round(spread.largest_over_smallest, 2)
        figure["evenness"] = round(spread.evenness, 4)
        for name, count in list(spread.counts.items())[:MOST_CLASSES]:
            figure[f"class:{name[:40]}"] = share_text(wilson(count, len(labels)))
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
