"""Rows that also stand in another file, which they must be kept apart from."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.held_questions import HeldQuestions
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import nearest_twins, normalise

TWIN = 0.7
"""Least char-5 Jaccard similarity of two requests that must not stand on both sides."""


def find(table: Table, setting: Setting) -> Outcome:
    """Rows whose request stands in the other files: word for word, or at ``TWIN`` or more.

    So is a row that holds a question of theirs: as one of its turns, as sentences of their own
    among others, or, where the row is a text, together with the answer. The same answer to another
    request is no leak: labels repeat.
    """
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
    held = _held(table, other, [at for at in good if at not in partner])
    why = {at: f"its request also stands at {other.places[found]}" for at, found in partner.items()}
    why |= {at: f"it holds the request of {other.places[found]}" for at, found in held.items()}
    figure = {"exact": exact, "near": len(partner) - exact, "held": len(held)}
    return Outcome(rows_of(list(why)), why=why, figure=figure)


def _held(table: Table, other: Table, rows: list[int]) -> dict[int, int]:
    """For rows that hold a request of the other file, the row that it stands at there."""
    shapes = other.values("shape")
    asked = [at for at in other.good.tolist() if shapes[at] != "document"]
    questions = HeldQuestions((at, other.requests[at], other.targets[at]) for at in asked)
    shapes = table.values("shape")
    found = {}
    for at in rows:
        text = table.requests[at]
        if shapes[at] == "document":
            held = questions.in_page(text)
        else:
            held = questions.as_turn(text)
            held = questions.as_sentence(text) if held is None else held
        if held is not None:
            found[at] = held
    return found


CHECK = WholeCheck(
    "leakage",
    "block",
    "The row also stands in the file it must be kept apart from.",
    "Take it out of one of the two: tuneworthy data fix --only leakage --against FILE",
    find,
)
