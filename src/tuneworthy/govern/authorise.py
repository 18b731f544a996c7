"""Who may do what: one pure function, which denies unless the table of rules allows it."""

from collections.abc import Mapping

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern.policy import GateRule, Policy, load_policy
from tuneworthy.govern.rules import PROGRAMS, RULES, Action, Rule


class Allowed(Part):
    """The person may."""


class Denied(Part):
    """The person may not, and why."""

    reason: str
    shut: tuple[GateName, ...] = ()
    """The gates that would have to be open, where nothing else stands in the way."""


class Matter(Part):
    """What is acted on, as far as the rules look at it; what is left out is not concerned.

    ``maker`` made the thing: submitted the run, proposed the grant, collected the rows.
    ``subject`` is the person it is about.
    """

    gate: GateName | None = None
    role: Role | None = None
    """In which of their roles a person decides on a gate."""
    open_gates: frozenset[GateName] = frozenset()
    state: ModelState | None = None
    maker: str = ""
    subject: str = ""
    requested_by: frozenset[str] = frozenset()
    """Who asked for the decision."""
    labelled_by: frozenset[str] = frozenset()
    """Who labelled what the review lead looks at."""
    approvers: Mapping[Role, str] = {}
    """Role to person, of the decisions on this gate that stand already."""
    reduced: bool = False
    """True where fewer than three people can decide: one may then fill several roles."""


NOTHING = Matter()


def authorise(
    who: Person | None, action: Action, on: Matter = NOTHING, *, policy: Policy | None = None
) -> Allowed | Denied:
    """Whether somebody may do something; it looks at nothing but its arguments.

    Args:
        who: A named person, or None: whoever sits at the console, or a program of the project.
        action: What they want to do.
        on: What it is about.
        policy: The gates' policy in force; by default the product's.
    """
    rule = RULES.get(action)
    policy = policy or load_policy()
    if rule is None:
        return Denied(reason=f"no rule allows {_phrase(action)}")
    reason = (
        _standing(who, action, rule, policy)
        or _apart(who, rule, on)
        or (_deciding(who, on, policy) if action in (Action.APPROVE, Action.REJECT) else "")
        or _state(action, rule, on)
    )
    if reason:
        return Denied(reason=reason)
    if shut := tuple(gate for gate in GateName if gate in rule.gates - on.open_gates):
        named = ", ".join(gate.value for gate in shut)
        return Denied(reason=f"{_phrase(action)} needs open gates; shut: {named}", shut=shut)
    return Allowed()


def _standing(who: Person | None, action: Action, rule: Rule, policy: Policy) -> str:
    """Whether they are somebody who may at all."""
    if who is None:
        if not rule.unnamed:
            return f"{_phrase(action)} takes a named person"
        if not policy.unnamed_work and action not in PROGRAMS:
            return f"this project's policy lets nobody do this unnamed: {_phrase(action)}"
        return ""
    if not who.active:
        return f"{who.id} is not active"
    if rule.decides and Role.PLATFORM_ADMIN in who.roles:
        return f"{who.id} is a platform admin, who runs the box and approves nothing"
    if not rule.roles & set(who.roles):
        wanted = ", ".join(sorted(_words(role) for role in rule.roles))
        return f"{_phrase(action)} needs one of: {wanted}"
    return ""


def _apart(who: Person | None, rule: Rule, on: Matter) -> str:
    """Nobody judges what they made or asked for, or themselves; a gate says more of makers."""
    if who is None or not rule.decides:
        return ""
    if who.id in on.requested_by:
        return f"{who.id} asked for this decision"
    if on.subject == who.id:
        return f"it is about {who.id}"
    if on.gate is None and on.maker == who.id:
        return f"{who.id} made it"
    return ""


def _deciding(who: Person | None, on: Matter, policy: Policy) -> str:
    """Whether they may decide on this gate in this role."""
    if who is None or on.gate is None or on.role is None:
        return "a decision names a person, a gate and a role"
    rule = policy.gates[on.gate]
    if on.role not in who.roles:
        return f"{who.id} is not the {_words(on.role)}"
    if on.role not in rule.roles:
        return f"the {on.gate.value} gate is not decided by the {_words(on.role)}"
    return _own_work(who, rule, on) or _other_role(who, on)


def _own_work(who: Person, rule: GateRule, on: Matter) -> str:
    if rule.not_the_trainer and who.id == on.maker:
        return f"{who.id} submitted the training run"
    if on.role == Role.REVIEW_LEAD and who.id in on.labelled_by:
        return f"{who.id} labelled what the review lead looks at"
    return ""


def _other_role(who: Person, on: Matter) -> str:
    if on.reduced:
        return ""
    others = [role for role, holder in on.approvers.items() if holder == who.id and role != on.role]
    return f"{who.id} already decides as {_words(others[0])}" if others else ""


def _state(action: Action, rule: Rule, on: Matter) -> str:
    if on.state is None or on.state in rule.states:
        return ""
    return f"{_phrase(action)} is not for a version that is {on.state.value.replace('_', ' ')}"


def _words(role: Role) -> str:
    return role.value.replace("_", " ")


def _phrase(action: Action) -> str:
    return str(action).replace("_", " ")
