"""Six readiness levels from live evidence, and what would open the next gate soonest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from tuneworthy.assess.proof import Ground, ground, is_declared, prove
from tuneworthy.assess.rubric import Dimension, Predicate, Rubric, shipped_rubric
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.scorecard import DimensionScore, Gap, PredicateResult, Scorecard

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
) -> Scorecard:
    """Levels as declared and as evidenced; the mean gives the band, the minimum the decision.

    Args:
        evidence: All that was found; what is stale or of another project does not count.
        answers: What people typed in; it lifts a level to 2 at most.
        project: The project judged.
        current: ``dataset``, ``suite`` and ``model`` to the digests in use now.
        now: The moment to judge at; it ages evidence.
        approvals_open: Names of the gates that are open.
        rubric: The shipped one unless told otherwise.
    """
    rubric = rubric or shipped_rubric()
    on = ground(evidence, answers, project, current=current, now=now, approvals_open=approvals_open)
    dimensions = tuple(_dimension(d, rubric.of(d.id), on) for d in rubric.dimensions)
    levels = [d.evidenced for d in dimensions]
    return Scorecard(
        dimensions=dimensions,
        mean=float(Fraction(sum(levels), len(levels))),
        band=band(levels),
        minimum=min(levels),
        gaps=_gaps(dimensions, rubric, on.gates),
        rubric=rubric.digest,
    )


def band(levels: Sequence[int]) -> str:
    """The name of the mean level; half-open bands on the exact fraction, never rounded."""
    return _BANDS[int(Fraction(sum(levels), len(levels))) - 1]


def may_train(scorecard: Scorecard) -> bool:
    """Whether D1 to D5 all stand at level 3 or more."""
    return all(d.evidenced >= READY for d in scorecard.dimensions if d.id != "D6")


def may_release(scorecard: Scorecard) -> bool:
    """Whether all six dimensions stand at level 3 or more."""
    return scorecard.minimum >= READY


def may_scale(scorecard: Scorecard) -> bool:
    """Whether all six dimensions stand at level 4 or more."""
    return scorecard.minimum >= MANAGED


def _dimension(dimension: Dimension, predicates: Sequence[Predicate], on: Ground) -> DimensionScore:
    results = tuple(prove(p, on) for p in predicates)
    return DimensionScore(
        id=dimension.id,
        name=dimension.name,
        declared=_declared(dimension, predicates, on.answers),
        evidenced=_level(results),
        target=dimension.target,
        predicates=results,
    )


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
    dimensions: Sequence[DimensionScore], rubric: Rubric, open_gates: frozenset[str]
) -> tuple[Gap, ...]:
    """Dimensions below target: next gate first, then the fewest things missing."""
    found = [(_gate(d, rubric, open_gates), d) for d in dimensions if d.evidenced < d.target]
    found.sort(key=lambda pair: (pair[0][0], sum(1 for _ in _missing(pair[1])), pair[1].id))
    return tuple(
        Gap(
            dimension=d.id,
            name=d.name,
            level=d.evidenced,
            target=d.target,
            missing=first.text,
            command=first.command,
            gate=gate,
        )
        for (_, gate), d in found
        for first in [next(_missing(d))]
    )


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
