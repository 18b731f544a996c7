"""What one policy asks for less than another; what asks for more needs nobody's leave."""

from collections.abc import Iterator

from tuneworthy.core.nouns.gate import GateName
from tuneworthy.govern.policy import GateRule, Policy, Requirement, parse_condition


def laxer(before: Policy, after: Policy) -> tuple[str, ...]:
    """Every way in which ``after`` asks for less than ``before``, in words; empty when in none."""
    return tuple(_laxer(before, after))


def _laxer(before: Policy, after: Policy) -> Iterator[str]:
    if after.valid_days > before.valid_days:
        yield f"approvals stand {after.valid_days} days, not {before.valid_days}"
    if after.unnamed_work and not before.unnamed_work:
        yield "work may be done under no name"
    for gate in GateName:
        for said in _gate(before.gates[gate], after.gates[gate]):
            yield f"{gate.value}: {said}"


def _gate(before: GateRule, after: GateRule) -> Iterator[str]:
    if after.subject != before.subject:
        yield f"decides on the {after.subject}, not the {before.subject}"
    for role in before.roles:
        if role not in after.roles:
            yield f"the {role.value.replace('_', ' ')} does not decide any more"
    if before.not_the_trainer and not after.not_the_trainer:
        yield "who trained may decide"
    if before.countersigner and after.countersigner != before.countersigner:
        yield f"the {before.countersigner.value.replace('_', ' ')} does not countersign any more"
    required = {one.about: one for one in after.requires}
    for old in before.requires:
        new = required.get(old.about)
        if new is None:
            yield f"{old.about} is not asked for any more"
        else:
            yield from _requirement(old, new)


def _requirement(before: Requirement, after: Requirement) -> Iterator[str]:
    if after.subject != before.subject:
        yield f"{before.about} is about the {after.subject}, not the {before.subject}"
    if after.grade.cap < before.grade.cap:
        yield f"{before.about} may be {after.grade.value}, not {before.grade.value}"
    if before.signed and not after.signed:
        yield f"{before.about} need not be signed"
    if before.firm and not after.firm:
        yield f"{before.about} may be excepted"
    for condition in before.where:
        if not any(implies(new, condition) for new in after.where):
            yield f"{before.about}: '{condition}' is not asked for any more"


def implies(new: str, old: str) -> bool:
    """Whether what meets the new condition always meets the old one."""
    if new == old:
        return True
    (field, sign, value), (old_field, old_sign, old_value) = (
        parse_condition(new),
        parse_condition(old),
    )
    numbers = [v for v in (value, old_value) if isinstance(v, int | float)]
    if field != old_field or len(numbers) < 2 or bool in map(type, numbers):
        return False
    if old_sign in (">=", ">") and sign in (">=", ">", "=="):
        return bool(value > old_value or (value == old_value and _no_looser(sign, old_sign)))
    if old_sign in ("<=", "<") and sign in ("<=", "<", "=="):
        return bool(value < old_value or (value == old_value and _no_looser(sign, old_sign)))
    return False


def _no_looser(sign: str, old_sign: str) -> bool:
    """At the same bound: ``>`` and ``<`` need their like; the others are met by all three."""
    return len(old_sign) == 2 or sign == old_sign
