"""Records that a newer one of the same source contradicts."""

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.asked import same_prompts, same_questions
from tuneworthy.data.moments import seconds_of
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import normalise
from tuneworthy.methods.stale import stale_rows


def find(table: Table, _: Setting) -> Outcome:
    """Rows whose request, or nearly the same, a newer row of the source answers otherwise."""
    stamps = table.values("timestamp")
    times = {at: seconds_of(stamps[at] or "") for at in table.good.tolist()}
    timed = [at for at, time in times.items() if time is not None]
    if not timed:
        return Outcome(skipped="no row has a timestamp (ISO 8601; without a zone it is in UTC)")
    sources, prompts = table.values("source"), table.codes("prompt_key")
    groups = same_questions(table, same_prompts(table, np.array(timed, dtype=np.int64)))
    asked = {at: number for number, rows in enumerate(groups) for at in rows}
    pairs = stale_rows(
        [asked[at] for at in timed],
        [normalise(table.targets[at]) for at in timed],
        [times[at] for at in timed],
        [sources[at] for at in timed],
    )
    partner = {timed[old]: timed[new] for old, new in pairs}
    why = {old: f"a row of {stamps[new]} answers otherwise" for old, new in partner.items()}
    exact = sum(bool(prompts[old] == prompts[new]) for old, new in partner.items())
    figure = {"same_request": exact, "near_request": len(partner) - exact}
    return Outcome(rows_of(list(partner)), partner, why, figure)


CHECK = WholeCheck(
    "stale",
    "warning",
    "A newer row of the same source answers the same request, or nearly so, otherwise.",
    "Keep the newest: tuneworthy data fix --only stale",
    find,
)
