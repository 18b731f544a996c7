"""Who has approved what, and whether a gate stands open for the current evidence."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from tuneworthy import govern
from tuneworthy.core.errors import (
    BlockedProblem,
    ConflictProblem,
    NeedsPersonProblem,
)
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import Approval, Bundle, GateName, GateState
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.serving import Route
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.nouns.words import GateException
from tuneworthy.govern import (
    Action,
    Matter,
    Policy,
    advance,
    exception_in_words,
    gate_state,
    make_approval,
    make_bundle,
    past_fault,
    signature_fault,
    version_digest,
)
from tuneworthy.lifecycle import (
    access,
    asking,
    excepting,
    hands,
    incumbent,
    makers,
    people,
    policies,
    requesting,
    signed_claims,
    soundness,
    suite_ledger,
    words,
)
from tuneworthy.lifecycle.closing import commands
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

PEOPLE = "people.named"
"""The claim that says which roles are held."""

DATA_GATES = (GateName.START, GateName.BUILD)


def subject(runtime: Runtime, gate: GateName) -> str:
    """The digest that a gate decides on now; empty when there is none yet."""
    head = runtime.head
    decides_on = policies.in_force(runtime).gates[gate].subject
    return head.dataset if decides_on == "dataset" else head.model


def except_evidence(runtime: Runtime, gate: GateName, about: str, **more: Any) -> GateException:
    """Sign that a gate does without a piece of evidence about its current subject for a while.

    Raises as ``excepting.give``, whose arguments these are.
    """
    now, maker = subject(runtime, gate), makers.submitter(runtime, gate)
    return excepting.give(runtime, gate, about, subject=now, submitted_by=maker, **more)


def bundle(runtime: Runtime, gate: GateName) -> Bundle:
    """The evidence the gate looks at now."""
    excused = _excused(runtime, gate, subject(runtime, gate))
    decided = _decided_on(runtime, gate)
    lost = soundness.without_bytes(runtime, decided[3])
    found = make_bundle(
        *decided,
        current=_current(runtime, gate),
        now=runtime.clock.now(),
        exceptions={about: one.id for about, one in excused.items()},
        lost={id_: one.why for id_, one in lost.items()},
    )
    changed = runtime.kept("pointers", _changed_pointers)
    return found.model_copy(update={"missing": (*found.missing, *changed)}) if changed else found


def _changed_pointers(runtime: Runtime) -> tuple[str, ...]:
    """What says what stands now, or what a candidate is held against, and is not as recorded."""
    kinds: dict[type[Noun], str] = {Head: "the project's present state", Route: "the route"}
    return tuple(
        f"{what}: it was changed past this program; tuneworthy audit verify"
        for kind, what in kinds.items()
        if not runtime.states.as_written(runtime.store, kind, runtime.project.id)
    )


def _decided_on(
    runtime: Runtime, gate: GateName
) -> tuple[GateName, str, str, list[Evidence], Policy]:
    """The gate, the project, what it decides on, everything on record, and the policy."""
    decided, policy = subject(runtime, gate), policies.in_force(runtime)
    return gate, runtime.project.id, decided, evidence_now(runtime), policy


def _current(runtime: Runtime, gate: GateName) -> dict[str, str]:
    """The digests that stand now; empty where the project has none, or the gate asks for none."""
    head = runtime.head
    return {
        "dataset": head.dataset,
        "suite": head.suite,
        "model": head.model,
        "suites": "" if gate in DATA_GATES else suite_ledger.standing(runtime),
        "incumbent": "" if gate in DATA_GATES else incumbent.standing(runtime),
        "canaries": head.model if _has_canaries(runtime) else "",
        "route": "" if gate in DATA_GATES else incumbent.followed(runtime),
    }


def out_of_time(runtime: Runtime, gate: GateName) -> tuple[str, ...]:
    """Evidence that the gate asks for and that is dated after now, each with its date."""
    now = runtime.clock.now()
    return govern.out_of_time(*_decided_on(runtime, gate), current=_current(runtime, gate), now=now)


def _excused(runtime: Runtime, gate: GateName, subject: str) -> Mapping[str, GateException]:
    if not words.rows(runtime, GateException):
        return {}
    return excepting.counting(runtime, gate, subject, makers.submitter(runtime, gate))


def _has_canaries(runtime: Runtime) -> bool:
    version = runtime.store.get(DatasetVersion, runtime.head.dataset)
    return version is not None and bool(version.canaries)


def evidence_now(runtime: Runtime) -> list[Evidence]:
    """Every claim but those about other suites: another target over the same data is another one.

    So a target that is changed and changed back brings its own verdict back, not the newest one.
    """
    head = runtime.head
    others = {suite.id for suite in runtime.store.list(Suite)} - {head.suite}
    return [item for item in _named(runtime) if not others & set(item.subjects)]


def _named(runtime: Runtime) -> list[Evidence]:
    """Every claim but signed ones that their signer did not sign, and repeated namings of people.

    Of those on people the first that names all roles of the Start gate stands.

    Nobody is ever taken off the ledger: naming more people takes nothing back, so it must not void
    what was approved before.
    """
    known = {person.id: person for person in people.everyone(runtime)}
    found = [e for e in runtime.evidence() if not e.signer or signed_claims.stands(e, known)]
    needed = set(policies.in_force(runtime).roles(GateName.START))
    whole = [e for e in found if e.about == PEOPLE and needed <= set(e.result.get("roles", ()))]
    return [e for e in found if e.about != PEOPLE or not whole or e.id == whole[0].id]


def state(runtime: Runtime, gate: GateName) -> GateState:
    """Where the gate stands: open, or what is missing."""
    current = bundle(runtime, gate)
    asked = requesting.about(runtime, gate, current.subject)
    found = gate_state(
        current,
        [a for a in runtime.store.list(Approval) if a.gate == gate],
        people.everyone(runtime),
        submitted_by=makers.submitter(runtime, gate),
        requested_by={one.by for one in asked},
        labelled_by=makers.labellers(runtime, gate),
        now=runtime.clock.now(),
        policy=policies.in_force(runtime),
        asks=asking.states(runtime, gate, current.subject),
    )
    used = set(current.evidence.values())
    given = words.rows(runtime, GateException)
    beside = _beside(runtime, gate, found.subject)
    shown = tuple(exception_in_words(one) for one in given if one.id in used)
    more = {
        "beside": beside,
        "exceptions": shown,
        "requests": tuple(f"{one.by}: {one.reason}" for one in asked),
        "out_of_time": out_of_time(runtime, gate),
        "not_asked": govern.not_asked(gate, policies.in_force(runtime), _current(runtime, gate)),
        "closed_by": commands(found.missing_evidence),
    }
    return found.model_copy(update=more)


def _beside(runtime: Runtime, gate: GateName, subject: str) -> dict[str, dict[str, Any] | None]:
    """The newest result of each kind of evidence that the gate shows without requiring it."""
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(
        policies.in_force(runtime).gates[gate].shows
    )
    for item in evidence_now(runtime) if found and subject else ():
        if item.about in found and subject in item.subjects:
            found[item.about] = dict(item.result)
    return found


def states(runtime: Runtime) -> list[GateState]:
    """All four, in order."""
    return [state(runtime, gate) for gate in GateName]


def require(runtime: Runtime, gate: GateName) -> GateState:
    """The gate's state if it is open. Raises BlockedProblem with what is missing."""
    found = state(runtime, gate)
    if found.open:
        return found
    missing = [
        *(f"evidence {name}" for name in found.missing_evidence),
        *(f"approval of the {role.replace('_', ' ')}" for role in found.missing_roles),
    ]
    runtime.store.note(
        runtime.event(
            "gate.refuse",
            ("gate", gate.value, found.subject),
            decision="deny",
            reason="; ".join(missing),
        )
    )
    raise BlockedProblem(
        "gate_shut",
        f"The {gate.value} gate is shut.",
        why=f"Missing: {', '.join(missing)}." if missing else "No approval covers this evidence.",
        fix=f"tuneworthy gate show {gate.value}",
    )


def decide(
    runtime: Runtime,
    gate: GateName,
    person_id: str,
    *,
    reason: str,
    decision: Literal["approve", "reject"] = "approve",
    key: Path | None = None,
) -> Approval:
    """Sign and keep one person's decision over the gate's current evidence.

    Raises BlockedProblem when evidence is missing or the person may not decide,
    NeedsPersonProblem when their key is not here.
    """
    person = people.find(runtime, person_id)
    current = bundle(runtime, gate)
    if decision == "approve" and current.missing:
        raise BlockedProblem(
            "evidence_missing",
            f"The {gate.value} gate cannot be approved yet.",
            why=f"Missing evidence: {', '.join(current.missing)}.",
            fix=f"tuneworthy gate show {gate.value}",
        )
    action = Action.APPROVE if decision == "approve" else Action.REJECT
    if decision == "approve":
        asking.refuse_open(runtime, gate, current.subject)
    role = _role(runtime, gate, person, action)
    policies.take_up(runtime)
    policy = policies.in_force(runtime)
    now = hands.moment(runtime)
    approval = make_approval(
        current,
        role=role,
        person=person.id,
        decision=decision,
        reason=reason,
        created_at=now.isoformat(timespec="milliseconds"),
        expires_at=(now + timedelta(days=policy.valid_days)).isoformat(timespec="milliseconds"),
        policy=policy,
        private_pem=people.private_key(runtime, person, key),
    )
    what = ("approval", approval.id, digest(current))
    event = {
        "actor": person.id,
        "reason": reason,
        "auth_method": hands.method(),
        "after": f"{gate.value} {decision} as {role.value}",
        "on_behalf_of": runtime.project.id,
        "evidence": tuple(sorted(current.evidence.values())),
    }
    with runtime.change(f"gate.{decision}", what, **event) as change:
        change.put(approval)
    settle(runtime)
    return approval


def counted(runtime: Runtime, state: GateState) -> list[str]:
    """The ids of the approvals that hold a gate open."""
    holders = {(role, person) for role, person in state.approvers.items()}
    return [
        approval.id
        for approval in runtime.store.list(Approval)
        if approval.gate == state.gate
        and approval.bundle == state.bundle
        and approval.decision == "approve"
        and (approval.role.value, approval.person) in holders
    ]


def release_fault(
    runtime: Runtime, gate: GateName, version: ModelVersion, ids: Sequence[str]
) -> str:
    """Why these approvals do not hold a gate open for a version of the past; empty if they do."""
    known = {person.id: person for person in people.everyone(runtime)}
    subject = version.dataset if gate in DATA_GATES else version_digest(version)
    about = [a for a in runtime.store.list(Approval) if a.gate == gate and a.subject == subject]
    return past_fault(
        gate,
        [approval for approval in about if not signature_fault(approval, known)],
        ids,
        known,
        submitted_by=makers.trainer(runtime, version.adapter, version.training_run),
        requested_by=requesting.askers(runtime, gate, subject),
        now=runtime.clock.now(),
        policy=policies.in_force(runtime),
    )


def settle(runtime: Runtime) -> None:
    """Move the current model version to the state its open gates allow."""
    version = runtime.store.get(ModelVersion, runtime.head.version)
    if version is None:
        return
    both = {GateName.PROOF, GateName.RELEASE}
    steps = (
        (ModelState.TRAINED, ModelState.VALIDATED, {GateName.PROOF}),
        (ModelState.VALIDATED, ModelState.APPROVED, both),
    )
    for before, after, needed in steps:
        if version.state == before and all(state(runtime, gate).open for gate in needed):
            try:
                version = move(runtime, version, after)
            except ConflictProblem:  # two people decided at once, and the other one was first
                version = runtime.store.get(ModelVersion, version.id) or version


def move(runtime: Runtime, version: ModelVersion, to: ModelState, reason: str = "") -> ModelVersion:
    """Move a version to a state, if its open gates allow it, by compare-and-swap.

    The gates are looked at inside the transaction, where nobody can shut them.

    Raises BlockedProblem when a gate is shut, ConflictProblem when somebody else was first.
    """
    generation = runtime.store.generation(ModelVersion, version.id)
    version = runtime.store.get(ModelVersion, version.id) or version
    what = ("model_version", version.id, version.adapter)
    facts = {"before": version.state.value, "after": to.value, "reason": reason}
    with runtime.change("version.move", what, **facts) as change:
        moved = advance(version, to, [found.gate for found in states(runtime) if found.open])
        change.put(moved, expect=generation)
    return moved


def _role(runtime: Runtime, gate: GateName, person: Person, action: Action) -> Role:
    """The role in which a person decides: one the gate still needs, if they may act in it."""
    policy = policies.in_force(runtime)
    needed = policy.roles(gate)
    still = set(state(runtime, gate).missing_roles)
    held = [role for role in needed if role in person.roles]
    if not held:
        wanted = ", ".join(role.value for role in needed)
        raise BlockedProblem(
            "not_an_approver",
            f"{person.name} cannot decide on the {gate.value} gate.",
            why=f"It needs {wanted}; {person.name} holds {', '.join(person.roles) or 'no role'}.",
            fix=f"tuneworthy gate show {gate.value}",
        )
    role = next((item for item in held if item in still), held[0])
    matter = Matter(
        gate=gate,
        role=role,
        maker=makers.submitter(runtime, gate),
        requested_by=requesting.askers(runtime, gate, subject(runtime, gate)),
        labelled_by=frozenset(makers.labellers(runtime, gate)),
    )
    access.require(
        runtime, person, action, matter, fix=f"Ask another {role.value.replace('_', ' ')}."
    )
    return role


def needs_person(runtime: Runtime, gate: GateName) -> NeedsPersonProblem:
    """The error that says who must approve next."""
    found = state(runtime, gate)
    role = found.missing_roles[0] if found.missing_roles else None
    holders = [p.name for p in people.everyone(runtime) if role in p.roles]
    who = " or ".join(holders) or (role.value.replace("_", " ") if role else "nobody")
    return NeedsPersonProblem(
        "needs_approval",
        f"The {gate.value} gate waits for {who}.",
        fix=f"tuneworthy gate approve {gate.value} --by PERSON --reason '...'",
    )
