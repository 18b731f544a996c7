"""Whether the approvals that a version was released with still hold, once it is not the newest."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern.policy import Policy


def past_fault(
    gate: GateName,
    genuine: Sequence[Approval],
    ids: Collection[str],
    people: Mapping[str, Person],
    *,
    submitted_by: str,
    requested_by: Collection[str] = (),
    now: datetime,
    policy: Policy,
) -> str:
    """Why these approvals do not hold a gate open for a subject of the past; empty if they do.

    What they were given for then stands: one bundle of evidence, whatever is newer. They must fill
    all roles, by people who have the role and neither trained the version nor asked for the
    decision; be in force (a renewal counts); and not be taken back by a rejection since.

    Args:
        gate: The gate.
        genuine: Every decision on it about the subject whose signature verifies.
        ids: Those that the version was released with.
        people: Everybody who counts.
        submitted_by: Who submitted the training run.
        requested_by: Who asked for the decision.
        now: The present moment.
        policy: The policy in force.
    """
    rule = policy.gates[gate]
    counted = [a for a in genuine if a.id in ids and a.decision == "approve"]
    barred = {*requested_by, *((submitted_by,) if rule.not_the_trainer else ())}
    fit = [a for a in counted if _fit(a, people[a.person], barred)]
    filled = {a.role for a in fit}
    if missing := [_words(role) for role in rule.roles if role not in filled]:
        return f"no approval that verifies of the {', '.join(missing)}"
    if len({a.bundle for a in fit}) > 1:
        return "its approvals are about different evidence"
    if len({a.person for a in fit}) < 2:
        return "one person alone decided"
    return next((fault for a in fit if (fault := _taken_back(a, genuine, now, policy))), "")


def _fit(approval: Approval, person: Person, barred: Collection[str]) -> bool:
    """Whether they have the role, may approve at all, and neither trained it nor asked for it."""
    may = approval.role in person.roles and Role.PLATFORM_ADMIN not in person.roles
    return may and person.id not in barred


def _taken_back(
    approval: Approval, genuine: Sequence[Approval], now: datetime, policy: Policy
) -> str:
    since = [a for a in genuine if a.role == approval.role and _at(a) >= _at(approval)]
    newest = {a.person: a for a in sorted(since, key=_at)}.values()
    if any(a.decision == "reject" for a in newest):
        return f"it was rejected since as {_words(approval.role)}"
    if now >= max(_end(a, policy) for a in newest):
        return f"the approval of the {_words(approval.role)} has expired"
    return ""


def _end(approval: Approval, policy: Policy) -> datetime:
    """Until when a decision stands: as it says, but never longer than the policy lets it."""
    longest = _at(approval) + timedelta(days=policy.valid_days)
    return min(datetime.fromisoformat(approval.expires_at), longest)


def _at(approval: Approval) -> datetime:
    return datetime.fromisoformat(approval.created_at)


def _words(role: Role) -> str:
    return role.value.replace("_", " ")
