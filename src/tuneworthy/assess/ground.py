"""What predicates are judged by: the evidence that counts, sorted by fact, and what is in doubt."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tuneworthy.assess.approach import approach_minimum
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.scorecard import Uncounted

SLACK = timedelta(minutes=5)
"""How far the clocks of two machines may differ before a time stamp is in doubt."""

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


class Ground(NamedTuple):
    """All that a predicate is judged by. Pieces stand oldest first by their time stamp."""

    facts: Mapping[str, Sequence[Piece]]
    doubtful: Mapping[str, Sequence[Piece]]
    """Evidence whose time stamp cannot be: it proves nothing, but may speak against."""
    uncounted: Sequence[Uncounted]
    answers: Answers
    current: Mapping[str, str]
    gates: frozenset[str]
    known: Mapping[str, Any]
    measured: frozenset[str] = frozenset()
    """Questions that a measurement answers."""


def ground(
    evidence: Sequence[Evidence],
    answers: Answers,
    project: Project,
    *,
    current: Mapping[str, str],
    now: datetime,
    approvals_open: Collection[str],
    unsound: Mapping[str, Uncounted] | None = None,
    measured: Collection[str] = (),
) -> Ground:
    """Gather what predicates are judged by; evidence of other projects is left out.

    Args:
        evidence: All that was found, in the order of the ledger.
        answers: What people typed in.
        project: The project judged.
        current: ``dataset``, ``suite`` and ``model`` to the digests in use now.
        now: The moment to judge at.
        approvals_open: Names of the gates that are open.
        unsound: Evidence that must not count, by id, with the reason.
        measured: Questions that a measurement answers.
    """
    facts: dict[str, list[Piece]] = defaultdict(list)
    doubtful: dict[str, list[Piece]] = defaultdict(list)
    uncounted: list[Uncounted] = []
    for place, item in enumerate(evidence):
        if item.project != project.id:
            continue
        if unsound and item.id in unsound:
            uncounted.append(unsound[item.id])
            continue
        moment = _moment(item.created_at)
        if moment is None or moment > now + SLACK:
            doubtful[item.about].append(Piece(item, 0.0, place))
            uncounted.append(_out_of_time(item, now))
            continue
        age = max(0.0, (now - moment).total_seconds() / _DAY)
        facts[item.about].append(Piece(item, age, place))
    for pieces in facts.values():
        pieces.sort(key=lambda piece: (-piece.age, piece.place))
    return Ground(
        facts=facts,
        doubtful=doubtful,
        uncounted=tuple(uncounted),
        answers=answers,
        current=current,
        gates=frozenset(map(str, approvals_open)),
        known=_known(facts, project, current),
        measured=frozenset(measured),
    )


def _known(
    facts: Mapping[str, Sequence[Piece]], project: Project, current: Mapping[str, str]
) -> dict[str, Any]:
    suite = current.get("suite", "")
    summaries = [p.item for p in facts.get("ceiling.summary", ()) if suite in p.item.subjects]
    return {
        "approach_minimum": approach_minimum(project.goal),
        "target": project.target,
        "declared_gain": project.declared_gain,
        "best_alternative": summaries[-1].result.get("best_name") if summaries else None,
    }


def _out_of_time(item: Evidence, now: datetime) -> Uncounted:
    moment = _moment(item.created_at)
    why = (
        f"its time stamp is no time: {item.created_at[:40]!r}"
        if moment is None
        else f"it is dated {item.created_at}, after now ({now.isoformat(timespec='seconds')})"
    )
    return Uncounted(evidence=item.id, about=item.about, why=why, doubt="time")


def _moment(stamp: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stamp)
        # An aware time near the ends of the calendar cannot be brought to UTC.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
