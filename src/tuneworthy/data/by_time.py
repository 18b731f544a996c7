"""Divides groups of rows by time: the oldest train, the newest test.

A group stands at the time of its newest row, so no training row is newer than any group that is
held out; a held-out group may have old rows, which are twins of newer ones.
"""

from collections.abc import Mapping, Sequence

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.dataset import SplitName
from tuneworthy.data.allocate import Group
from tuneworthy.data.moments import seconds_of
from tuneworthy.data.table import Table

_SHOWN = 5


def times_of(table: Table) -> list[float]:
    """Seconds since 1970 of every row. Raises DataProblem that names rows without a time."""
    times = [seconds_of(stamp or "") for stamp in table.values("timestamp")]
    without = [at for at, time in enumerate(times) if time is None]
    if without:
        shown = ", ".join(table.places[at] for at in without[:_SHOWN])
        more = f" and {len(without) - _SHOWN:,} more" if len(without) > _SHOWN else ""
        raise DataProblem(
            "no_time",
            f"{len(without):,} of {len(table):,} rows have no time to split by: {shown}{more}.",
            why="split.by is 'time', and their timestamp is missing or not ISO 8601.",
            fix="Map the column under 'columns: {timestamp: NAME}', mend or leave out the rows, or "
            "choose another 'split.by' in tuneworthy.yaml.",
        )
    return [time for time in times if time is not None]


def allocate_by_time(
    groups: Sequence[Group], newest: Mapping[str, float], shares: Mapping[SplitName, float]
) -> dict[str, SplitName]:
    """Give every group, by its key, a split: in order of time, each by where its middle falls.

    Args:
        groups: The groups.
        newest: For each group's key the time of its newest row; of equals the first key is older.
        shares: Of the rows, for train, validation and test.
    """
    ordered = sorted(groups, key=lambda group: (newest[group.key], group.key))
    total = sum(group.size for group in ordered)
    train_ends = shares["train"] * total
    test_begins = (shares["train"] + shares["validation"]) * total
    answer: dict[str, SplitName] = {}
    before = 0
    for group in ordered:
        middle = before + group.size / 2
        in_test = middle > test_begins or (group is ordered[-1] and len(ordered) > 1)
        held: SplitName = "test" if in_test else "validation"
        answer[group.key] = "train" if middle <= train_ends and not in_test else held
        before += group.size
    return answer
