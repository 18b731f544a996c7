"""Who may do what: denied unless a rule allows it.

The rules come from separation of duties as auditors know it (for instance NIST SP 800-53 Rev. 5,
AC-5): who made a thing does not approve it, and lowering exposure is easier than raising it.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern.policy import Policy, load_policy


class Allowed(Part):
    """The person may."""


class Denied(Part):
    """The person may not, and why."""

    reason: str


class Action(StrEnum):
    """What a person can ask for beside a decision at a gate."""

    SUBMIT_RUN = "submit_run"
    RAISE_EXPOSURE = "raise_exposure"
    ROLL_BACK = "roll_back"
    PAUSE = "pause"
    QUARANTINE = "quarantine"
    RETIRE = "retire"


_SAFE = {Role.TECHNICAL_OWNER, Role.MODEL_OWNER, Role.GOVERNANCE_OWNER, Role.PLATFORM_ADMIN}
_MAY: dict[Action, frozenset[Role]] = {
    Action.SUBMIT_RUN: frozenset({Role.TECHNICAL_OWNER}),
    Action.RAISE_EXPOSURE: frozenset({Role.TECHNICAL_OWNER, Role.MODEL_OWNER}),
    Action.ROLL_BACK: frozenset(_SAFE),
    Action.PAUSE: frozenset(_SAFE),
    Action.QUARANTINE: frozenset(_SAFE | {Role.COMPLIANCE_REVIEWER}),
    Action.RETIRE: frozenset({Role.MODEL_OWNER, Role.GOVERNANCE_OWNER}),
}
_NEEDS: dict[Action, frozenset[GateName]] = {
    Action.SUBMIT_RUN: frozenset({GateName.START, GateName.BUILD}),
    Action.RAISE_EXPOSURE: frozenset(GateName),
}


def authorise(
    person: Person,
    gate: GateName,
    role: Role,
    *,
    submitted_by: str = "",
    requested_by: str = "",
    approvers: Mapping[Role, str] | None = None,
    reduced: bool = False,
    policy: Policy | None = None,
) -> Allowed | Denied:
    """Whether a person may decide on a gate in a role.

    Args:
        person: Who wants to decide.
        gate: On which gate.
        role: In which of their roles.
        submitted_by: Who submitted the training run; may not decide on Proof or Release.
        requested_by: Who asked for this decision; may not be the one who gives it.
        approvers: Role to person, of the decisions that stand already.
        reduced: True where fewer than three people can decide: one may then fill several roles.
        policy: The gates' policy; by default the product's.
    """
    rule = (policy or load_policy()).gates[gate]
    if reason := _unfit(person, role):
        return Denied(reason=reason)
    if role not in rule.roles:
        return Denied(reason=f"the {gate.value} gate is not decided by the {_words(role)}")
    if rule.not_the_trainer and person.id == submitted_by:
        return Denied(reason=f"{person.name} submitted the training run")
    if requested_by and person.id == requested_by:
        return Denied(reason=f"{person.name} asked for this decision")
    if not reduced:
        for other, holder in (approvers or {}).items():
            if holder == person.id and other != role:
                return Denied(reason=f"{person.name} already decides as {_words(other)}")
    return Allowed()


def permit(
    person: Person, action: Action, *, open_gates: Collection[GateName] = ()
) -> Allowed | Denied:
    """Whether a person may do something beside deciding: one role is enough, the gates must stand.

    Rolling back, pausing and quarantine need no gate: whatever lowers exposure takes one person.
    """
    if not person.active:
        return Denied(reason=f"{person.name} is not active")
    if not _MAY[action] & set(person.roles):
        wanted = ", ".join(sorted(_words(role) for role in _MAY[action]))
        return Denied(reason=f"{_phrase(action)} needs one of: {wanted}")
    needed = _NEEDS.get(action, frozenset())
    shut = [gate.value for gate in GateName if gate in needed and gate not in open_gates]
    if shut:
        return Denied(reason=f"{_phrase(action)} needs open gates; shut: {', '.join(shut)}")
    return Allowed()


def _unfit(person: Person, role: Role) -> str:
    if not person.active:
        return f"{person.name} is not active"
    if role not in person.roles:
        return f"{person.name} is not the {_words(role)}"
    if Role.PLATFORM_ADMIN in person.roles:
        return f"{person.name} is a platform admin, who runs the box and approves nothing"
    return ""


def _words(role: Role) -> str:
    return role.value.replace("_", " ")


def _phrase(action: Action) -> str:
    return action.value.replace("_", " ")
