"""Near-copies of one request with an answer that its surroundings do not have."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.origin import origin
from tuneworthy.data.checks.whole.poison import embeddable
from tuneworthy.data.table import Table
from tuneworthy.methods.poison import bursts, shared_targets


def find(table: Table, setting: Setting) -> Outcome:
    """Rows that belong to a burst."""
    rows, skipped = embeddable(table, setting.embed)
    if skipped or setting.embed is None:
        return Outcome(skipped=skipped)
    texts = [table.requests[at] for at in rows]
    labels = shared_targets([table.targets[at] for at in rows])
    why: dict[int, str] = {}
    for burst in bursts(texts, labels, setting.embed(texts)):
        mine = [rows[row] for row in burst.rows]
        told = f"one of {len(mine)} near-copies whose surroundings are answered otherwise"
        why |= dict.fromkeys(mine, told + origin(table, mine))
    return Outcome(rows_of(list(why)), why=why)


CHECK = WholeCheck(
    "poison_burst",
    "block",
    "Many near-copies of one request have an answer that its surroundings do not have.",
    "Look at the rows and where they came from; leave them out: "
    "tuneworthy data fix --only poison_burst",
    find,
)
