"""Rows of one origin with a target that everybody else's rows speak against."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.origin import Origins, origins_of
from tuneworthy.data.checks.whole.poison import MOST, NO_EMBEDDER, TOO_MANY
from tuneworthy.data.table import Table
from tuneworthy.methods.label_noise import class_numbers
from tuneworthy.methods.origins import spoken_against

ONE_ORIGIN = "all rows come from one place, or none says where it comes from"
LEAST = 8
"""Rows that share a target from which it is one."""


def find(table: Table, setting: Setting) -> Outcome:
    """Rows of one source, person, month or addition that the others speak against.

    Targets need not all be labels: it is enough that some are shared.
    """
    rows = table.good.tolist()
    if setting.embed is None or len(rows) > MOST:
        return Outcome(skipped=NO_EMBEDDER if setting.embed is None else TOO_MANY)
    kinds = list(origins_of(table, rows, setting))
    if not kinds:
        return Outcome(skipped=ONE_ORIGIN)
    labels, names = class_numbers([table.targets[at].strip() for at in rows], LEAST)
    if len(names) < 2:
        return Outcome(skipped="hardly any two rows share a target")
    vectors = setting.embed([table.requests[at] for at in rows])
    why: dict[int, str] = {}
    for kind in kinds:
        for one in spoken_against(labels, kind.numbers, vectors):
            told = (
                f"one of {len(one.rows)} rows '{names[one.target]:.40}' of "
                f"{kind.told(one.origin)} that look otherwise to all others "
                f"(chance {one.chance:.1g})"
            )
            for row in one.rows:
                why.setdefault(rows[row], told)
    return Outcome(rows_of(list(why)), why=why, figure={"looked_by": _looked_by(kinds)})


def _looked_by(kinds: list[Origins]) -> str:
    return ", ".join(kind.kind for kind in kinds)


CHECK = WholeCheck(
    "poison_origin",
    "block",
    "Rows of one source, person, month or addition have a target that all others' rows speak "
    "against.",
    "Look at the rows and who brought them; leave them out: "
    "tuneworthy data fix --only poison_origin, or take the source out of tuneworthy.yaml",
    find,
)
