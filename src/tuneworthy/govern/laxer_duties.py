"""What one plan of duties asks for less than another; what asks for more needs nobody's leave."""

from collections.abc import Iterator

from tuneworthy.core.nouns.duties import Every, Settles
from tuneworthy.govern.duties import Duty, DutyPlan
from tuneworthy.govern.laxer import implies

_OFTEN = list(Every)


def laxer_duties(before: DutyPlan, after: DutyPlan) -> tuple[str, ...]:
    """Every way in which ``after`` asks for less than ``before``, in words; empty when in none."""
    new = {duty.id: duty for duty in after.duty}
    return tuple(
        said
        for old in before.duty
        for said in (
            _duty(old, new[old.id]) if old.id in new else (f"{old.id} is no duty any more",)
        )
    )


def _duty(before: Duty, after: Duty) -> Iterator[str]:
    name = before.id
    if _OFTEN.index(after.every) > _OFTEN.index(before.every):
        yield f"{name} is {after.every.value}, not {before.every.value}"
    for role, was, what in (
        (after.role, before.role, "is the {}'s"),
        (after.escalate_to, before.escalate_to, "escalates to the {}"),
    ):
        if role != was:
            said = what.format(role.value.replace("_", " "))
            yield f"{name} {said}, not the {was.value.replace('_', ' ')}"
    if after.escalate_after_hours > before.escalate_after_hours:
        hours = (after.escalate_after_hours, before.escalate_after_hours)
        yield f"{name} escalates after {hours[0]} hours, not {hours[1]}"
    if after.note and not before.note:
        yield f"{name} is settled by a mere note"
    if not _asks_as_much(before.begins, after.begins):
        yield f"{name} begins with other evidence"
    for one in after.evidence:
        if not any(_asks_as_much(one, old) for old in before.evidence):
            yield f"{name} is settled by {one.about} too, or by less of it"


def _asks_as_much(one: Settles, other: Settles) -> bool:
    """Whether whatever meets ``one`` always meets ``other``."""
    return (
        one.about == other.about
        and one.grade.cap >= other.grade.cap
        and all(any(implies(mine, wanted) for mine in one.where) for wanted in other.where)
    )
