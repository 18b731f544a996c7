"""Records that a newer one of the same source contradicts."""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.moments import seconds_of
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import normalise
from tuneworthy.methods.stale import stale_rows


def find(table: Table, _: Setting) -> Outcome:
    """Rows whose request a newer row of the source answers otherwise."""
    good = table.good.tolist()
    stamps = table.values("timestamp")
    times = [seconds_of(stamps[at] or "") for at in good]
    if all(time is None for time in times):
        return Outcome(skipped="no row has a timestamp (ISO 8601; without a zone it is in UTC)")
    prompts, sources = table.codes("prompt_key"), table.values("source")
    pairs = stale_rows(
        [int(prompts[at]) for at in good],
        [normalise(table.targets[at]) for at in good],
        times,
        [sources[at] for at in good],
    )
    partner = {good[old]: good[new] for old, new in pairs}
    why = {old: f"a row of {stamps[new]} answers otherwise" for old, new in partner.items()}
    return Outcome(rows_of(list(partner)), partner, why)


CHECK = WholeCheck(
    "stale",
    "warning",
    "A newer row of the same source answers the same request otherwise.",
    "Keep the newest: tuneworthy data fix --only stale",
    find,
)
