"""Whether a predicate holds now, and by which evidence."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tuneworthy.assess.approach import approach_minimum
from tuneworthy.assess.conditions import holds
from tuneworthy.assess.rubric import Predicate
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.scorecard import PredicateResult

_RANK = {grade: place for place, grade in enumerate(Grade)}
_NO = frozenset({"", "no", "none", "n/a", "unknown", "?"})


class Ground(NamedTuple):
    """All that a predicate is judged by."""

    evidence: Sequence[Evidence]
    answers: Answers
    current: Mapping[str, str]
    now: datetime
    gates: frozenset[str]
    known: Mapping[str, Any]


def ground(
    evidence: Sequence[Evidence],
    answers: Answers,
    project: Project,
    *,
    current: Mapping[str, str],
    now: datetime,
    approvals_open: Collection[str],
) -> Ground:
    """Gather what predicates are judged by; evidence of other projects is left out."""
    own = sorted(
        (e for e in evidence if e.project == project.id), key=lambda e: _moment(e.created_at)
    )
    summaries = [e for e in own if e.about == "ceiling.summary"]
    known = {
        "approach_minimum": approach_minimum(project.goal),
        "target": project.target,
        "declared_gain": project.declared_gain,
        "best_alternative": summaries[-1].result.get("best_name") if summaries else None,
    }
    return Ground(own, answers, current, now, frozenset(map(str, approvals_open)), known)


def prove(predicate: Predicate, on: Ground) -> PredicateResult:
    """Judge one predicate, by evidence first and by the answers where a declaration will do."""
    evidence = _holding(predicate, on)
    held = (
        evidence is not None
        or _gate_open(predicate, on)
        or (predicate.grade is Grade.DECLARED and is_declared(predicate, on.answers))
    )
    return PredicateResult(
        id=predicate.id,
        level=predicate.level,
        text=predicate.text,
        held=held,
        evidence="" if evidence is None else evidence.id,
        command="" if held else predicate.command,
    )


def is_declared(predicate: Predicate, answers: Answers) -> bool:
    """Whether people answered every question that declares the predicate."""
    return bool(predicate.answers) and all(_answered(id_, answers) for id_ in predicate.answers)


def is_live(item: Evidence, predicate: Predicate, on: Ground) -> bool:
    """Whether evidence is about today's digests, young enough and of a grade that will do."""
    if _RANK[item.grade] < _RANK[predicate.grade]:
        return False
    if predicate.subject != "any":
        digest = on.current.get(predicate.subject, "")
        if not digest or digest not in item.subjects:
            return False
    ages = [days for days in (predicate.max_age_days, item.stale_after_days) if days is not None]
    return not ages or on.now - _moment(item.created_at) <= timedelta(days=min(ages))


def _holding(predicate: Predicate, on: Ground) -> Evidence | None:
    """The newest evidence by which the predicate holds, or None."""
    live = [e for e in on.evidence if e.about == predicate.about and is_live(e, predicate, on)]
    if predicate.pick == "newest":
        live = live[-1:]
    good = [
        e
        for e in live
        if all(holds(condition, e.result, on.known) for condition in predicate.where)
        and _in_time(e, predicate, on)
    ]
    if len(good) >= predicate.count:
        return good[-1]
    return _waiver(predicate, on)


def _waiver(predicate: Predicate, on: Ground) -> Evidence | None:
    if not predicate.or_about:
        return None
    signed = predicate.model_copy(update={"grade": Grade.ATTESTED, "subject": "any"})
    found = [e for e in on.evidence if e.about == predicate.or_about and is_live(e, signed, on)]
    return found[-1] if found else None


def _in_time(item: Evidence, predicate: Predicate, on: Ground) -> bool:
    if not predicate.before:
        return True
    digest = on.current.get(predicate.subject, "")
    return all(
        _moment(item.created_at) <= _moment(later.created_at)
        for later in on.evidence
        if later.about == predicate.before and digest in later.subjects
    )


def _gate_open(predicate: Predicate, on: Ground) -> bool:
    return predicate.about.startswith("gate.") and predicate.about[5:] in on.gates


def _answered(id_: str, answers: Answers) -> bool:
    if id_ == "costs":
        return bool(answers.costs)
    if id_ in answers.factors:
        return True
    return answers.questions.get(id_, "").strip().casefold() not in _NO


def _moment(stamp: str) -> datetime:
    moment = datetime.fromisoformat(stamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
