"""Ninety days in three steps, made from the gaps; what nobody has decided is a named blank."""

import re
from collections.abc import Iterator, Mapping, Sequence

from tuneworthy.assess.rubric import Rubric
from tuneworthy.core.nouns.decision import Verdict
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.plan import NinetyDays, PlanStep, PlanTask
from tuneworthy.core.nouns.scorecard import DimensionId, DimensionScore, PredicateResult, Scorecard

STEPS = 3
DAYS = 30
"""Days in one step."""

ACCOUNTABLE: dict[str, Role] = {
    "D1": Role.BUSINESS_OWNER,
    "D2": Role.DATA_STEWARD,
    "D3": Role.REVIEW_LEAD,
    "D4": Role.COMPLIANCE_REVIEWER,
    "D5": Role.TECHNICAL_OWNER,
    "D6": Role.MODEL_OWNER,
}
"""Exactly one role answers for each dimension."""

_PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b")


def ninety_days(
    scorecard: Scorecard,
    rubric: Rubric,
    people: Sequence[Person] = (),
    verdict: Verdict | None = None,
) -> NinetyDays:
    """The plan that closes the gaps in the order of the gates.

    The shut gates are shared out over three steps of thirty days, earlier ones first. A step
    without a gate keeps what stands from going stale. Nothing is made up: a missing owner, a value
    to fill in and evidence that nothing produces are blanks.

    Args:
        scorecard: The levels and gaps as they are now.
        rubric: The rubric they were judged by; it has the order of the gates.
        people: Everybody registered, to name who is accountable.
        verdict: As evidenced; one against tuning is settled before any gate can open.
    """
    by_gate = {gap.dimension: gap.gate for gap in scorecard.gaps}
    order = [need.gate.value for need in rubric.gates]
    shut = [gate for gate in order if gate in by_gate.values()]
    steps = tuple(
        _step(number, gates, scorecard, by_gate, people)
        for number, gates in enumerate(_shared_out(shut), 1)
    )
    if shut and verdict is not None and not verdict.allows_tuning:
        goal = f"Settle the verdict first, which is {verdict.value}. Then: {steps[0].goal}"
        steps = (steps[0].model_copy(update={"goal": goal}), *steps[1:])
    blanks = dict.fromkeys(blank for step in steps for task in step.tasks for blank in task.blanks)
    return NinetyDays(steps=steps, blanks=tuple(blanks), rubric=scorecard.rubric)


def _shared_out(gates: Sequence[str]) -> list[tuple[str, ...]]:
    """Gates over the steps in order; what does not go up evenly is done early."""
    each, more = divmod(len(gates), STEPS)
    found, start = [], 0
    for number in range(STEPS):
        end = start + each + (number < more)
        found.append(tuple(gates[start:end]))
        start = end
    return found


def _step(
    number: int,
    gates: tuple[str, ...],
    scorecard: Scorecard,
    by_gate: Mapping[DimensionId, str],
    people: Sequence[Person],
) -> PlanStep:
    first, last = (number - 1) * DAYS + 1, number * DAYS
    tasks = [
        _task(dimension, result, people)
        for gate in gates
        for dimension in scorecard.dimensions
        if by_gate.get(dimension.id) == gate
        for result in _missing(dimension)
    ]
    tasks += list(_renewals(scorecard, first, last, people))
    words = f"Open the {' and the '.join(gates)} gate{'s' if len(gates) > 1 else ''}."
    return PlanStep(
        number=number,
        first_day=first,
        last_day=last,
        gates=gates,
        goal=words if gates else "Keep what stands: renew evidence before it goes stale.",
        tasks=tuple(tasks),
    )


def _missing(dimension: DimensionScore) -> Iterator[PredicateResult]:
    return (p for p in dimension.predicates if p.level <= dimension.target and not p.held)


def _renewals(
    scorecard: Scorecard, first: int, last: int, people: Sequence[Person]
) -> Iterator[PlanTask]:
    """Evidence that bears a level now and goes stale by age within these days."""
    for dimension in scorecard.dimensions:
        for result in dimension.predicates:
            left = result.stale_in_days
            if not result.held or left is None or result.level > dimension.evidenced:
                continue
            if first - 1 <= left < last:
                yield _task(dimension, result, people, renewal=True)


def _task(
    dimension: DimensionScore,
    result: PredicateResult,
    people: Sequence[Person],
    *,
    renewal: bool = False,
) -> PlanTask:
    role = ACCOUNTABLE[dimension.id]
    words = role.value.replace("_", " ")
    holders = [person.name for person in people if role in person.roles and person.active]
    blanks = [] if len(holders) == 1 else [_owner_blank(words, holders)]
    if not result.command and not renewal:
        blanks.append(f"{result.id}: nothing produces this evidence yet; decide how and by whom")
    if result.first and not renewal:
        blanks.append(f"{result.id}: {result.first}")
    blanks += [f"{result.id}: {name} in its command" for name in _placeholders(result.command)]
    return PlanTask(
        dimension=dimension.id,
        predicate=result.id,
        text=result.text,
        command=result.command,
        first="" if renewal else result.first,
        owner=f"{holders[0]} ({words})" if len(holders) == 1 else "",
        blanks=tuple(blanks),
        renewal=renewal,
    )


def _owner_blank(role: str, holders: Sequence[str]) -> str:
    if not holders:
        return f"owner: nobody is the {role}"
    return f"owner: {len(holders)} people are {role}, name one: {', '.join(holders)}"


def _placeholders(command: str) -> list[str]:
    """The words in capitals that somebody has to fill in."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(command)))
