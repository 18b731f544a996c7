"""Six readiness levels from live evidence, and what would open the next gate soonest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from tuneworthy.assess.enterprise import judge
from tuneworthy.assess.ground import Ground, ground
from tuneworthy.assess.proof import is_declared, prove
from tuneworthy.assess.rubric import Dimension, Predicate, Rubric
from tuneworthy.assess.rubric_file import shipped_rubric
from tuneworthy.assess.standing import Standing
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.scorecard import (
    DimensionScore,
    Gap,
    PredicateResult,
    Readiness,
    Scorecard,
    Uncounted,
)
from tuneworthy.core.nouns.way import Way

READY = 3
"""The level that every dimension needs before its work may start."""

MANAGED = 4
"""The level that every dimension needs before use is widened."""

_BANDS = ("Initial", "Developing", "Defined", "Managed", "Optimized")


def score(
    evidence: Sequence[Evidence],
    answers: Answers,
    project: Project,
    *,
    current: Mapping[str, str],
    now: datetime,
    approvals_open: Collection[str],
    rubric: Rubric | None = None,
    unsound: Mapping[str, Uncounted] | None = None,
    standing: Standing | None = None,
    measured: Collection[str] = (),
    ways: Mapping[str, Way] | None = None,
    opens: Mapping[str, str] | None = None,
) -> Scorecard:
    """Levels as declared and as evidenced; the mean gives the band, the minimum the decision.

    Args:
        evidence: All that was found, in the order of the ledger; what is stale, dated in the future
            or of another project does not count.
        answers: What people typed in; it lifts a level to 2 at most.
        project: The project judged.
        current: ``dataset``, ``suite`` and ``model`` to the digests in use now.
        now: The moment to judge at; it ages evidence.
        approvals_open: Names of the gates that are open.
        rubric: The shipped one unless told otherwise.
        unsound: Evidence that must not count, by id, with the reason.
        standing: What the enterprise questions are judged by; a "no" to a stop question forbids
            release whatever the levels are. Without it they are left out.
        measured: Questions that a measurement answers; nobody needs to type those in.
        ways: By predicate, what stands in the way of its command.
        opens: By fact, the shut gate that lacks it.
    """
    rubric = rubric or shipped_rubric()
    on = ground(
        evidence,
        answers,
        project,
        current=current,
        now=now,
        approvals_open=approvals_open,
        unsound=unsound,
        measured=measured,
    )
    dimensions = tuple(_dimension(d, rubric.of(d.id), on, ways or {}) for d in rubric.dimensions)
    levels = [d.evidenced for d in dimensions]
    card = Scorecard(
        dimensions=dimensions,
        mean=float(Fraction(sum(levels), len(levels))),
        band=band(levels),
        minimum=min(levels),
        gaps=_gaps(dimensions, rubric, on.gates, opens or {}),
        rubric=rubric.digest,
        rubric_version=rubric.version,
        rubric_name=rubric.name,
        enterprise=judge(standing, on) if standing else (),
        uncounted=tuple(on.uncounted),
    )
    return card.model_copy(update={"readiness": _readiness(card)})


def band(levels: Sequence[int]) -> str:
    """The name of the mean level; half-open bands on the exact fraction, never rounded."""
    return _BANDS[int(Fraction(sum(levels), len(levels))) - 1]


def may_train(scorecard: Scorecard) -> bool:
    """Whether D1 to D5 all stand at level 3 or more."""
    return all(d.evidenced >= READY for d in scorecard.dimensions if d.id != "D6")


def may_release(scorecard: Scorecard) -> bool:
    """Whether all six dimensions stand at level 3 or more and no stop question is answered no."""
    return scorecard.minimum >= READY and not stopped_by(scorecard)


def may_scale(scorecard: Scorecard) -> bool:
    """Whether all six dimensions stand at level 4 or more and nothing forbids release."""
    return scorecard.minimum >= MANAGED and may_release(scorecard)


def stopped_by(scorecard: Scorecard) -> tuple[str, ...]:
    """The stop questions that the record answers with no; any one means not ready."""
    return tuple(answer.id for answer in scorecard.enterprise if answer.stops)


def _readiness(scorecard: Scorecard) -> Readiness:
    return Readiness(
        train=may_train(scorecard),
        release=may_release(scorecard),
        scale=may_scale(scorecard),
        stopped_by=stopped_by(scorecard),
    )


def _dimension(
    dimension: Dimension, predicates: Sequence[Predicate], on: Ground, ways: Mapping[str, Way]
) -> DimensionScore:
    results = tuple(_with_way(prove(p, on), ways.get(p.id)) for p in predicates)
    return DimensionScore(
        id=dimension.id,
        name=dimension.name,
        declared=_declared(dimension, predicates, on.answers),
        evidenced=_level(results),
        target=dimension.target,
        predicates=results,
    )


def _with_way(result: PredicateResult, way: Way | None) -> PredicateResult:
    """The same with what stands in the way of its command, while it does not hold."""
    if result.held or way is None:
        return result
    return result.model_copy(update={"first": way.first, "reachable": way.reachable})


def _level(results: Sequence[PredicateResult]) -> int:
    """The highest level whose predicates all hold, together with those of every lower level."""
    failed = [r.level for r in results if not r.held]
    return min(failed) - 1 if failed else len(_BANDS)


def _declared(dimension: Dimension, predicates: Sequence[Predicate], answers: Answers) -> int:
    """The level as typed in: the person's own mark, else whether level 2's questions are answered.

    Either way it stops at 2, because a claim of existence can be checked in minutes.
    """
    own = answers.questions.get(dimension.id, "").strip()
    if own.isdecimal():
        return max(1, min(int(own), Grade.DECLARED.cap))
    asked = [p for p in predicates if p.level == Grade.DECLARED.cap and p.answers]
    return 2 if asked and all(is_declared(p, answers) for p in asked) else 1


def _gaps(
    dimensions: Sequence[DimensionScore],
    rubric: Rubric,
    open_gates: frozenset[str],
    opens: Mapping[str, str],
) -> tuple[Gap, ...]:
    """Dimensions below target, what can be closed now before what cannot.

    Then the next gate first, then what has a command, then the least work.
    """
    about = {p.id: p.about for p in rubric.predicates}
    found = []
    for dimension in dimensions:
        if dimension.evidenced < dimension.target:
            missing = list(_missing(dimension))
            found.append((_gate(dimension, rubric, open_gates), _next(missing), missing, dimension))
    found.sort(
        key=lambda gap: (
            not gap[1].reachable,
            gap[0][0],
            not gap[1].command,
            len(gap[2]),
            gap[3].id,
        )
    )
    return tuple(
        Gap(
            dimension=dimension.id,
            name=dimension.name,
            level=dimension.evidenced,
            target=dimension.target,
            missing=step.text,
            command=step.command,
            gate=gate,
            opens=opens.get(about[step.id], ""),
            first=step.first,
            reachable=step.reachable,
            predicate=step.id,
            why=step.why,
            missing_count=len(missing),
        )
        for (_, gate), step, missing, dimension in found
    )


def _next(missing: Sequence[PredicateResult]) -> PredicateResult:
    """The cheapest thing to do: the first that has a command that works now, lowest level first."""
    with_command = [p for p in missing if p.command]
    return next((p for p in with_command if p.reachable), (with_command or missing)[0])


def _missing(dimension: DimensionScore) -> Iterator[PredicateResult]:
    """What is not held up to the target, lowest level first."""
    return (p for p in dimension.predicates if p.level <= dimension.target and not p.held)


def _gate(dimension: DimensionScore, rubric: Rubric, open_gates: frozenset[str]) -> tuple[int, str]:
    """The first shut gate that needs the dimension; its last gate when all of them are open."""
    needing = [
        (place, need.gate.value)
        for place, need in enumerate(rubric.gates)
        if dimension.id in need.dimensions
    ]
    shut = [pair for pair in needing if pair[1] not in open_gates]
    return shut[0] if shut else needing[-1]
