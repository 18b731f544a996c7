"""A group of rows of one label that stand among the rows of one other, quite different label."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.origin import origin
from tuneworthy.data.checks.whole.poison import embeddable
from tuneworthy.data.table import Table
from tuneworthy.methods.label_noise import class_numbers
from tuneworthy.methods.poison import flipped_classes


def find(table: Table, setting: Setting) -> Outcome:
    """Rows whose label was turned, many into one."""
    rows, skipped = embeddable(table, setting.embed)
    if skipped or setting.embed is None:
        return Outcome(skipped=skipped)
    numbers, names = class_numbers([table.targets[at].strip() for at in rows])
    vectors = setting.embed([table.requests[at] for at in rows])
    kept = (numbers >= 0).nonzero()[0]
    why: dict[int, str] = {}
    for flip in flipped_classes(numbers[kept], vectors[kept]):
        mine = [rows[kept[row]] for row in flip.rows]
        told = f"one of {len(mine)} rows '{names[flip.given]}' that look like "
        told += f"'{names[flip.looks_like]}'{origin(table, mine)}"
        why |= dict.fromkeys(mine, told)
    return Outcome(rows_of(list(why)), why=why)


CHECK = WholeCheck(
    "label_flip",
    "block",
    "Several rows of one label look like one other label, though the two are not alike.",
    "Look at the rows and who labelled them; mend the label, or leave them out: "
    "tuneworthy data fix --only label_flip",
    find,
)
