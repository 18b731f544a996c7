"""What predicates are judged by: the evidence that counts, sorted by fact, and what is in doubt."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tuneworthy.assess.approach import approach_minimum
from tuneworthy.assess.counting import Piece, sort_out
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.scorecard import Uncounted


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
    found = sort_out(evidence, project.id, now=now, unsound=unsound)
    facts = _by_fact(found.counted)
    for pieces in facts.values():
        pieces.sort(key=lambda piece: (-piece.age, piece.place))
    return Ground(
        facts=facts,
        doubtful=_by_fact(found.doubtful),
        uncounted=found.uncounted,
        answers=answers,
        current=current,
        gates=frozenset(map(str, approvals_open)),
        known=_known(facts, project, current),
        measured=frozenset(measured),
    )


def _by_fact(pieces: Sequence[Piece]) -> dict[str, list[Piece]]:
    found: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        found[piece.item.about].append(piece)
    return found


def _known(
    facts: Mapping[str, Sequence[Piece]], project: Project, current: Mapping[str, str]
) -> dict[str, Any]:
    suite = current.get("suite", "")
    summaries = [p.item for p in facts.get("ceiling.summary", ()) if suite in p.item.subjects]
    sums = [p.item for p in facts.get("costs.break_even", ()) if (p.left(None) or 0.0) >= 0]
    return {
        "approach_minimum": approach_minimum(project.goal),
        "target": project.target,
        "declared_gain": project.declared_gain,
        "best_alternative": summaries[-1].result.get("best_name") if summaries else None,
        "break_even": sums[-1].result.get("net") if sums else None,
    }
