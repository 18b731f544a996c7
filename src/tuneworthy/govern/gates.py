"""Whether a gate stands open: every signature checked again, and the duties kept apart."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from tuneworthy.core.nouns.gate import Approval, Bundle, GateState
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.words import AskState
from tuneworthy.govern.approval import signature_fault, standing_fault
from tuneworthy.govern.asks import ask_fault
from tuneworthy.govern.authorise import Denied, Matter, authorise
from tuneworthy.govern.bundle import bundle_digest
from tuneworthy.govern.policy import GateRule, Policy
from tuneworthy.govern.rules import Action

FULL_INDEPENDENCE = 3
"""With fewer people who can decide, two may fill all roles, and every page says so."""

FEW = "fewer than three people can decide"
UNNAMED_RUN = "the training run names nobody who is registered"
"""Then nobody is barred as the one who trained, and whoever did may have decided."""


def gate_state(
    bundle: Bundle,
    approvals: Sequence[Approval],
    people: Sequence[Person],
    *,
    submitted_by: str,
    now: datetime,
    policy: Policy,
    requested_by: Collection[str] = (),
    labelled_by: Collection[str] = (),
    asks: Sequence[AskState] = (),
) -> GateState:
    """Where the gate stands for the current bundle.

    Args:
        bundle: The evidence as it is now.
        approvals: Rows of this gate; nothing in them is trusted without its signature.
        people: Everybody the project knows, with their public keys.
        submitted_by: Who submitted the training run; empty where none is concerned. One who is not
            among ``people`` cannot be told from those who decide: independence is reduced.
        now: The present moment.
        policy: The policy in force.
        requested_by: Who asked for the decision; they do not give it.
        labelled_by: Who labelled rows of the dataset; they are not its review lead.
        asks: Requests for more about this subject; what is approved over an open one is void.
    """
    rule = policy.gates[bundle.gate]
    known = {person.id: person for person in people}
    standing: list[Approval] = []
    void: list[str] = []
    for approval in approvals:
        fault = signature_fault(approval, known)
        if not fault:
            person = known[approval.person]
            fault = (
                standing_fault(approval, bundle, policy, now)
                or _denial(approval, person, policy, submitted_by, requested_by, labelled_by)
                or ask_fault(approval, asks)
            )
        if fault:
            void.append(_say(approval, fault))
        else:
            standing.append(approval)
    few = _deciders(people, rule, submitted_by) < FULL_INDEPENDENCE
    # A run without a name is said, and nothing is made easier by it.
    unnamed = rule.not_the_trainer and bool(submitted_by) and submitted_by not in known
    reduced = (FEW,) * few + (UNNAMED_RUN,) * unnamed
    chosen = _fill(rule, standing, void, reduced=few)
    missing = tuple(role for role in rule.roles if role not in chosen)
    return GateState(
        gate=bundle.gate,
        open=not missing and not bundle.missing,
        subject=bundle.subject,
        bundle=bundle_digest(bundle),
        approvers={role.value: chosen[role].person for role in rule.roles if role in chosen},
        missing_evidence=bundle.missing,
        missing_roles=missing,
        void=tuple(void),
        demonstration=any(known[a.person].demonstration for a in chosen.values()),
        independence="reduced" if reduced else "full",
        reduced_because=reduced,
        asks=tuple(f"{one.by}: {one.text}" for one in asks if not one.closed_at),
    )


def _denial(
    approval: Approval,
    person: Person,
    policy: Policy,
    submitted_by: str,
    requested_by: Collection[str],
    labelled_by: Collection[str],
) -> str:
    matter = Matter(
        gate=approval.gate,
        role=approval.role,
        maker=submitted_by,
        requested_by=frozenset(requested_by),
        labelled_by=frozenset(labelled_by),
    )
    verdict = authorise(person, Action.APPROVE, matter, policy=policy)
    return verdict.reason if isinstance(verdict, Denied) else ""


def _deciders(people: Iterable[Person], rule: GateRule, submitted_by: str) -> int:
    """How many people could decide: active, no platform admin, not barred as the trainer."""
    return sum(
        person.active
        and bool(person.roles)
        and Role.PLATFORM_ADMIN not in person.roles
        and not (rule.not_the_trainer and person.id == submitted_by)
        for person in people
    )


def _fill(
    rule: GateRule, standing: Sequence[Approval], void: list[str], *, reduced: bool
) -> dict[Role, Approval]:
    """The approval that fills each role; what fills none is named in ``void``."""
    newest: dict[tuple[Role, str], Approval] = {}
    for approval in sorted(standing, key=_signed_at):
        newest[approval.role, approval.person] = approval
    refused = {a.role for a in newest.values() if a.decision == "reject"}
    yes: dict[Role, list[Approval]] = {role: [] for role in rule.roles}
    for approval in newest.values():
        if approval.decision == "reject":
            void.append(_say(approval, f"rejected: {approval.reason}"))
        elif approval.role in yes and approval.role not in refused:
            yes[approval.role].append(approval)
    chosen = _match(yes)
    if reduced:
        _double_up(yes, chosen, void)
    void.extend(
        _say(approval, "the person already fills another role of this gate")
        for role, given in yes.items()
        if role not in chosen and not (reduced and len(_holders(chosen)) < 2)
        for approval in given
    )
    _countersign(rule, chosen, void)
    return chosen


def _match(yes: Mapping[Role, Sequence[Approval]]) -> dict[Role, Approval]:
    """As many roles as can be filled by different people (augmenting paths; Kuhn, 1955)."""
    filled: dict[str, Role] = {}
    by: dict[Role, Approval] = {}

    def place(role: Role, tried: set[str]) -> bool:
        for approval in yes[role]:
            if approval.person in tried:
                continue
            tried.add(approval.person)
            holder = filled.get(approval.person)
            if holder is None or place(holder, tried):
                filled[approval.person] = role
                by[role] = approval
                return True
        return False

    for role in yes:
        place(role, set())
    return by


def _double_up(
    yes: Mapping[Role, Sequence[Approval]], chosen: dict[Role, Approval], void: list[str]
) -> None:
    """Where few people can decide, one may fill several roles, as long as two people decide."""
    open_roles = [role for role in yes if role not in chosen and yes[role]]
    if len(_holders(chosen)) < 2:
        void.extend(
            _say(approval, "a second person must decide too")
            for role in open_roles
            for approval in yes[role]
        )
        return
    chosen.update({role: yes[role][-1] for role in open_roles})


def _countersign(rule: GateRule, chosen: dict[Role, Approval], void: list[str]) -> None:
    """Take the countersignature out again unless it came after all the others."""
    last = chosen.get(rule.countersigner) if rule.countersigner else None
    if last is None:
        return
    others = [chosen.get(role) for role in rule.roles if role != last.role]
    if any(other is None or _signed_at(other) > _signed_at(last) for other in others):
        del chosen[last.role]
        void.append(_say(last, "a countersignature must come after the others"))


def _holders(chosen: Mapping[Role, Approval]) -> set[str]:
    return {approval.person for approval in chosen.values()}


def _signed_at(approval: Approval) -> datetime:
    return datetime.fromisoformat(approval.created_at)


def _say(approval: Approval, reason: str) -> str:
    return f"{approval.person} as {approval.role.value.replace('_', ' ')}: {reason}"
