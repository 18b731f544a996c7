"""The enterprise questions, judged by the record; words count only where it is silent."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from tuneworthy.assess.factors import QUESTIONS
from tuneworthy.assess.ground import Ground
from tuneworthy.assess.proof import prove
from tuneworthy.assess.rubric import Predicate, Subject
from tuneworthy.assess.standing import Standing, plural
from tuneworthy.assess.stops import STOPS
from tuneworthy.core.nouns.enterprise import Answer, EnterpriseAnswer, KnownBy
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.project import Answers
from tuneworthy.core.nouns.scorecard import PredicateResult

OPERATORS = 2
"""Named people who must be able to operate the model."""

OWNER_ROLES = (Role.TECHNICAL_OWNER, Role.MODEL_OWNER)
"""Who must be named for evaluation, monitoring and retraining to have somebody."""

OPERATOR_ROLES = (*OWNER_ROLES, Role.PLATFORM_ADMIN)
"""Whoever holds one of these roles can operate the model."""

DRILL_DAYS = 90
HEARTBEAT_DAYS = 1

_NO = frozenset({"no", "none", "n/a", "false", "nobody", "never"})
_YES = frozenset({"yes", "true", "y"})
_BLANK = frozenset({"", "unknown", "?"})
_OPEN_ENDED = frozenset({"E7"})
"""Questions whose yes is not the good answer: only a plain yes or no can be read."""


class Said(NamedTuple):
    """What the record says to one question."""

    answer: Answer
    known_by: KnownBy = ""
    why: str = ""
    evidence: tuple[str, ...] = ()


Rule = Callable[[Standing, Ground], Said]


def judge(standing: Standing, on: Ground) -> tuple[EnterpriseAnswer, ...]:
    """Every enterprise question, in the order of the table.

    A typed answer is used where the record is silent, never for the stop questions.
    """
    found = []
    for question in QUESTIONS:
        if question.kind == "signal":
            continue
        stop = STOPS.get(question.id)
        said = Said(*stop(standing)) if stop else _RULES[question.id](standing, on)
        typed = on.answers.questions.get(question.id, "").strip()
        if said.answer == "unknown" and not stop:
            said = _typed(question.id, typed, said, on.answers)
        found.append(
            EnterpriseAnswer(
                id=question.id,
                text=question.text,
                answer=said.answer,
                known_by=said.known_by,
                why=said.why,
                evidence=said.evidence,
                declared=typed,
            )
        )
    return tuple(found)


def _typed(id_: str, typed: str, said: Said, answers: Answers) -> Said:
    if id_ == "E5" and typed.casefold() in _BLANK and "A1" in answers.factors:
        stable = not answers.factors["A1"]
        words = "requirements do not change monthly" if stable else "requirements change monthly"
        return Said("yes" if stable else "no", "declared", f"typed in: {words} (A1)")
    word = typed.casefold()
    if word in _BLANK or (id_ in _OPEN_ENDED and word not in _YES | _NO):
        return said
    why = f"typed in; the record: {said.why}" if said.why else "typed in; nothing on record"
    return Said("no" if word in _NO else "yes", "declared", why)


# -- data -----------------------------------------------------------------------------------


def _splits(standing: Standing) -> Said:
    if not standing.split:
        return Said("unknown", why="no dataset version is in use")
    sizes = ", ".join(f"{name} {count:,}" for name, count in standing.split.items())
    empty = [n for n in ("train", "validation", "test") if not standing.split.get(n)]
    ids = (standing.dataset,) if standing.dataset else ()
    if empty:
        return Said("no", "measured", f"rows: {sizes}; none in {', '.join(empty)}", ids)
    return Said("yes", "measured", f"rows: {sizes}, frozen by digest", ids)


def _steward(standing: Standing) -> Said:
    return _one_holder(standing, Role.DATA_STEWARD)


def _guide(on: Ground) -> Said:
    return _by(_proved(on, "document.labelling_guide", ("sha256 exists",)), "the guide is signed")


def _lineage(standing: Standing) -> Said:
    if standing.lineage_fault is None:
        return Said("unknown", why="there is no tuned version yet")
    if standing.lineage_fault:
        return Said("no", "measured", standing.lineage_fault)
    why = "source digests, dataset, training run and version are linked; by version, not by example"
    return Said("yes", "measured", why, (standing.version, standing.dataset))


# -- need -----------------------------------------------------------------------------------


def _stable() -> Said:
    return Said("unknown", why="nothing measures how often the task changes")


def _measure(on: Ground) -> Said:
    frozen = _proved(
        on, "suite.frozen", ("metric exists", "target > 0"), Grade.MEASURED, subject="suite"
    )
    return _by(frozen, "metric and target are frozen with the suite")


def _hybrid(on: Ground) -> Said:
    """Whether retrieval scores better than the best prompt without it, by point estimate."""
    suite = on.current.get("suite", "")
    best: dict[bool, tuple[float, str, str]] = {}
    for piece in on.facts.get("ceiling.arm", ()):
        arm = piece.item
        score = arm.result.get("score")
        if suite not in arm.subjects or arm.grade is not Grade.MEASURED:
            continue
        if not isinstance(score, int | float) or arm.result.get("kind") == "nearest_neighbour":
            continue
        retrieves = "retrieval" in str(arm.result.get("kind"))
        row = (float(score), str(arm.result.get("name")), arm.id)
        best[retrieves] = max(best.get(retrieves, row), row)
    if len(best) < len((True, False)):
        return Said("unknown", why="prompts with and without retrieval have not both been run")
    (with_it, name, a), (without, other, b) = best[True], best[False]
    why = f"{name} {with_it:.1%} with retrieval, {other} {without:.1%} without"
    return Said("yes" if with_it > without else "no", "measured", why, (a, b))


# -- safety and operation -------------------------------------------------------------------


def _policy(on: Ground) -> Said:
    return _by(_proved(on, "document.policy", ("sha256 exists",)), "the policy is signed")


def _gates(standing: Standing) -> Said:
    if not standing.gates:
        return Said("unknown", why="no gate policy is in force")
    why = f"gates by policy: {', '.join(standing.gates)}; a rollback takes one person"
    return Said("yes", "measured", why, (standing.policy,))


def _controls(on: Ground) -> Said:
    scan = _proved(on, "data.pii", ("unresolved_high == 0",), Grade.MEASURED, subject="dataset")
    if scan.reason == "condition":
        return Said("no", "measured", scan.why, (scan.nearest,))
    controls = {
        "personal-data scan": scan,
        "safety suite on the model": _proved(
            on, "safety.suite", ("candidate exists",), Grade.MEASURED, subject="model"
        ),
        "signed compliance memo": _proved(on, "document.compliance_memo", ("sha256 exists",)),
    }
    missing = [name for name, found in controls.items() if not found.held]
    if missing:
        return Said("unknown", why=f"not on record: {', '.join(missing)}")
    ids = tuple(found.evidence for found in controls.values())
    return Said("yes", "attested", "scan, safety suite and memo are on record", ids)


def _operations(standing: Standing, on: Ground) -> Said:
    missing = [r.value.replace("_", " ") for r in OWNER_ROLES if not standing.holders(r)]
    beat = _heartbeat(on)
    if missing:
        return Said("unknown", why=f"nobody is named as {' or '.join(missing)}")
    if not beat.held:
        return Said("unknown", why=f"people are named; the monitors: {beat.why}")
    return Said("yes", "measured", "owners are named and the monitors report", (beat.evidence,))


def _operators(standing: Standing, on: Ground) -> Said:
    counted = _proved(on, "people.operators", (f"n >= {OPERATORS}",), Grade.MEASURED)
    if counted.held:
        return Said("yes", "measured", "operators were counted", (counted.evidence,))
    if not standing.people:
        return Said("unknown", why="nobody is registered")
    able = sorted({p.name for role in OPERATOR_ROLES for p in standing.holders(role)})
    who = f"{plural(len(able), 'person')} can operate the model"
    why = f"{who} ({', '.join(able)})" if able else who
    return Said("yes" if len(able) >= OPERATORS else "no", "attested", why)


def _without_lead(standing: Standing, on: Ground) -> Said:
    if (able := _operators(standing, on)).answer == "no":
        return Said("no", able.known_by, able.why)
    return _by(_rehearsal(on), "a rehearsal without the lead passed")


def _under_drift(standing: Standing, on: Ground) -> Said:
    beat = _heartbeat(on)
    drill = _proved(
        on, "rollout.rollback_drill", ("restored == true",), Grade.MEASURED, days=DRILL_DAYS
    )
    if beat.held and drill.held:
        why = "the monitors report, and a rollback drill restored the version before"
        return Said("yes", "measured", why, (beat.evidence, drill.evidence))
    lacking = [f"monitors: {beat.why}"] if not beat.held else []
    lacking += [f"rollback drill: {drill.why}"] if not drill.held else []
    served = any(version.promoted for version in standing.served)
    answer: Answer = "no" if served and not beat.held else "unknown"
    return Said(answer, "measured" if answer == "no" else "", "; ".join(lacking))


def _under_new_policy(on: Ground) -> Said:
    return _by(_rehearsal(on), "a rehearsal with a changed policy passed")


# -- owners ---------------------------------------------------------------------------------


def _business(standing: Standing) -> Said:
    said = _one_holder(standing, Role.BUSINESS_OWNER)
    if said.answer != "yes":
        return said
    return said._replace(why=f"{said.why}; whether they hold the budget is not on record")


def _technical(standing: Standing) -> Said:
    return _one_holder(standing, Role.TECHNICAL_OWNER)


def _governance(standing: Standing) -> Said:
    return _one_holder(standing, Role.GOVERNANCE_OWNER)


def _one_holder(standing: Standing, role: Role) -> Said:
    """Exactly one person is accountable: two owners are none."""
    if not standing.people:
        return Said("unknown", why="nobody is registered")
    words = role.value.replace("_", " ")
    holders = standing.holders(role)
    ids = tuple(person.id for person in holders)
    names = ", ".join(person.name for person in holders)
    if len(holders) == 1:
        made_up = " (a demonstration person)" if holders[0].demonstration else ""
        return Said("yes", "attested", f"{names} is the {words}{made_up}", ids)
    if not holders:
        return Said(
            "no", "attested", f"{plural(len(standing.people), 'person')} registered, no {words}"
        )
    return Said("no", "attested", f"{len(holders)} people are {words}, one must be: {names}", ids)


# -- evidence -------------------------------------------------------------------------------


def _rehearsal(on: Ground) -> PredicateResult:
    return _proved(on, "incident.rehearsal", ("passed == true",), Grade.MEASURED, days=DRILL_DAYS)


def _heartbeat(on: Ground) -> PredicateResult:
    return _proved(on, "monitor.heartbeat", ("at exists",), Grade.MEASURED, days=HEARTBEAT_DAYS)


def _by(found: PredicateResult, why: str) -> Said:
    """Yes where the evidence serves; a measurement that says otherwise is a no."""
    if found.held:
        known: KnownBy = "measured" if found.grade == Grade.MEASURED.value else "attested"
        return Said("yes", known, why, (found.evidence,))
    if found.reason == "condition" and found.grade == Grade.MEASURED.value:
        return Said("no", "measured", found.why, (found.nearest,))
    return Said("unknown", why=found.why)


def _proved(
    on: Ground,
    about: str,
    where: tuple[str, ...],
    grade: Grade = Grade.ATTESTED,
    *,
    subject: Subject = "any",
    days: int | None = None,
) -> PredicateResult:
    return prove(_predicate(about, where, grade, subject, days), on)


@lru_cache(maxsize=64)
def _predicate(
    about: str, where: tuple[str, ...], grade: Grade, subject: Subject, days: int | None
) -> Predicate:
    return Predicate(
        id=about,
        dimension="D1",
        level=3,
        text=about,
        about=about,
        where=where,
        grade=grade,
        subject=subject,
        max_age_days=days,
        command="",
    )


_RULES: dict[str, Rule] = {
    "E1": lambda standing, _: _splits(standing),
    "E2": lambda standing, _: _steward(standing),
    "E3": lambda _, on: _guide(on),
    "E4": lambda standing, _: _lineage(standing),
    "E5": lambda *_: _stable(),
    "E6": lambda _, on: _measure(on),
    "E7": lambda _, on: _hybrid(on),
    "E8": lambda _, on: _policy(on),
    "E9": lambda standing, _: _gates(standing),
    "E10": lambda _, on: _controls(on),
    "E11": _operations,
    "E12": _operators,
    "R1": _without_lead,
    "R2": _under_drift,
    "R3": lambda _, on: _under_new_policy(on),
    "N1": lambda standing, _: _business(standing),
    "N2": lambda standing, _: _technical(standing),
    "N3": lambda standing, _: _governance(standing),
}
