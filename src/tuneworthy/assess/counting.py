"""Which evidence counts: the one rule that levels, verdict, ceiling and advice are all read by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tuneworthy.core.clock import stamped, time_doubt
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.scorecard import Uncounted

_DAY = 86_400.0


class Piece(NamedTuple):
    """Evidence with its age in days and its place in the ledger."""

    item: Evidence
    age: float
    place: int

    def left(self, limit: int | None) -> float | None:
        """Days until it is older than ``limit`` or its own limit; None when age does not matter."""
        ages = [days for days in (limit, self.item.stale_after_days) if days is not None]
        return min(ages) - self.age if ages else None


class Sorted(NamedTuple):
    """Evidence of one project, in the order of the ledger: what counts, and what does not."""

    counted: tuple[Piece, ...]
    doubtful: tuple[Piece, ...]
    """Evidence whose time stamp cannot be: it proves nothing, but may speak against a level."""
    uncounted: tuple[Uncounted, ...]
    """All that proves nothing, with the reason."""


def sort_out(
    evidence: Sequence[Evidence],
    project: str,
    *,
    now: datetime,
    unsound: Mapping[str, Uncounted] | None = None,
) -> Sorted:
    """Sort evidence; what is about another project is left out.

    Args:
        evidence: All that was found, in the order of the ledger.
        project: The project's id.
        now: The moment to judge at.
        unsound: Evidence that was forged or has lost its subject, by id, with the reason.
    """
    counted: list[Piece] = []
    doubtful: list[Piece] = []
    uncounted: list[Uncounted] = []
    for place, item in enumerate(evidence):
        if item.project != project:
            continue
        if unsound and item.id in unsound:
            uncounted.append(unsound[item.id])
        elif why := time_doubt(item.created_at, now):
            doubtful.append(Piece(item, 0.0, place))
            uncounted.append(Uncounted(evidence=item.id, about=item.about, why=why, doubt="time"))
        else:
            counted.append(Piece(item, _age(item, now), place))
    return Sorted(tuple(counted), tuple(doubtful), tuple(uncounted))


def live(found: Sorted) -> list[Evidence]:
    """What counts and has not outlived its own limit, in the order of the ledger."""
    return [piece.item for piece in found.counted if (piece.left(None) or 0.0) >= 0]


def is_ahead(item: Evidence, now: datetime) -> bool:
    """Whether a time stamp is no time, or later than now by more than clocks may differ."""
    return bool(time_doubt(item.created_at, now))


def _age(item: Evidence, now: datetime) -> float:
    moment = stamped(item.created_at) or now
    return max(0.0, (now - moment).total_seconds() / _DAY)
