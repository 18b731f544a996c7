"""Origins that hold more of a version, or of one target, than the project lets one of them."""

from collections import Counter

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.label_noise import labelled
from tuneworthy.data.checks.whole.origin import Origins, named_values
from tuneworthy.data.table import Table

LEAST = 20
"""A target with fewer rows is anybody's."""
NONE = "no cap is declared; 'caps' in tuneworthy.yaml"


def find(table: Table, setting: Setting) -> Outcome:
    """Rows of an origin that holds more than its cap, of all rows or of a target."""
    if not setting.caps:
        return Outcome(skipped=NONE)
    good = table.good.tolist()
    labels = {at: table.targets[at].strip() for at in labelled(table).tolist()}
    sizes = Counter(labels.values())
    why: dict[int, str] = {}
    for kind, cap in setting.caps.items():
        values = named_values(table, kind)
        mine = Counter(values[at] for at in good)
        both = Counter((values[at], label) for at, label in labels.items())
        for at in good:
            name, label = values[at], labels.get(at, "")
            parts = [("the rows", mine[name], len(good))]
            if sizes[label] >= LEAST:
                parts.append((f"'{label}'", both[name, label], sizes[label]))
            for what, held, whole in parts:
                if name and held > cap * whole:
                    told = Origins.word(kind)
                    why[at] = f"the {told} {name} holds {held / whole:.0%} of {what}"
                    why[at] += f"; {cap:.0%} is the most that one may"
                    break
    return Outcome(rows_of(list(why)), why=why)


CHECK = WholeCheck(
    "over_cap",
    "block",
    "One source, annotator, person or month holds more of the rows, or of a target, than 'caps' "
    "lets it.",
    "Take rows of it out, add rows of others, or change 'caps' in tuneworthy.yaml.",
    find,
)
