"""Rows that also stand in another file, which they must be kept apart from."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import nearest_twins, normalise

TWIN = 0.7
"""Least char-5 Jaccard similarity of two requests that must not stand on both sides."""


def find(table: Table, setting: Setting) -> Outcome:
    """Rows whose request stands in the other files: word for word, or at ``TWIN`` or more."""
    other = setting.against
    if other is None:
        return Outcome(skipped="no file to compare with; name one with --against")
    good, theirs = table.good.tolist(), other.good.tolist()
    known: dict[str, int] = {}
    for at in theirs:
        known.setdefault(normalise(other.requests[at]), at)
    partner = {at: known[key] for at in good if (key := normalise(table.requests[at])) in known}
    exact = len(partner)
    rest = [at for at in good if at not in partner]
    twins = nearest_twins(table.text("request", rest), other.text("request", theirs), TWIN)
    partner |= {at: theirs[twin] for at, twin in zip(rest, twins, strict=True) if twin >= 0}
    why = {at: f"its request also stands at {other.places[found]}" for at, found in partner.items()}
    figure = {"exact": exact, "near": len(partner) - exact}
    return Outcome(rows_of(list(partner)), why=why, figure=figure)


CHECK = WholeCheck(
    "leakage",
    "block",
    "The row also stands in the file it must be kept apart from.",
    "Take it out of one of the two: tuneworthy data fix --only leakage --against FILE",
    find,
)
