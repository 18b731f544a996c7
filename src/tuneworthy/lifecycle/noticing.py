"""What there is to say: of audit events that happened, and of how gates stand now.

Nothing that a person typed is repeated, for it may hold anything: a notice says who, what and where
to look.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tuneworthy.core.nouns.gate import Approval, AuditRecord, GateName, GateState
from tuneworthy.core.nouns.monitoring import Alert
from tuneworthy.core.nouns.notice import Notice
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.core.nouns.words import Ask, GateException, GateRequest
from tuneworthy.lifecycle import gates, granting, people, policies, requesting, words
from tuneworthy.lifecycle.wiring import UNNAMED, Runtime
from tuneworthy.methods.canonical import digest

Event = dict[str, Any]


def of_events(runtime: Runtime, records: Sequence[AuditRecord]) -> list[Notice]:
    """One notice for each record that somebody is to hear of, oldest first."""
    found = (_of_event(runtime, record) for record in records)
    return [notice for notice in found if notice is not None]


def standing(runtime: Runtime) -> list[Notice]:
    """What is so now without an event of its own: who is waited for, and what ends soon.

    Raises IntegrityProblem for a ledger that was tampered with.
    """
    found = [*_pending(runtime)]
    for state in gates.states(runtime):
        found += _waiting(runtime, state)
        found += _expiring(runtime, state)
    return found


def moment(record: AuditRecord) -> str:
    """When an event happened; empty for one that cannot be read."""
    return str(_read(record).get("ts", ""))


# -- of one event -------------------------------------------------------------------------------


def _of_event(runtime: Runtime, record: AuditRecord) -> Notice | None:
    event = _read(record)
    teller = _TELLERS.get(str(event.get("action")))
    if teller is None or event.get("decision") == "deny":
        return None
    notice = teller(runtime, event)
    return notice and notice.model_copy(update={"event": record.seq, "key": record.hash})


def _read(record: AuditRecord) -> Event:
    """An event; nothing of one that was damaged, which ``audit verify`` names."""
    try:
        event = json.loads(record.body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) and isinstance(event.get("object"), dict) else {}


def _decided(runtime: Runtime, event: Event) -> Notice | None:
    made = runtime.store.get(Approval, str(event["object"].get("id")))
    if made is None:
        return None
    approved = made.decision == "approve"
    run = runtime.store.get(TrainingRun, runtime.head.training_run)
    concerned = {*_holders(runtime, policies.in_force(runtime).roles(made.gate)), made.person}
    return Notice(
        key="",
        kind="approved" if approved else "rejected",
        said=f"{_name(runtime, made.person)} {'approved' if approved else 'rejected'} the "
        f"{made.gate.value} gate as {_words(made.role)}.",
        command=f"tuneworthy gate show {made.gate.value}",
        people=tuple(sorted(concerned | ({run.submitted_by} if run else set[str]()))),
    )


def _requested(runtime: Runtime, event: Event) -> Notice | None:
    made = runtime.store.get(GateRequest, str(event["object"].get("id")))
    if made is None:
        return None
    deciders = _holders(runtime, policies.in_force(runtime).roles(made.gate))
    return Notice(
        key="",
        kind="requested",
        said=f"{_name(runtime, made.by)} asks for a decision on the {made.gate.value} gate, and "
        "gives none there.",
        command=f"tuneworthy gate show {made.gate.value}",
        people=tuple(one for one in deciders if one != made.by),
    )


def _asked(runtime: Runtime, event: Event) -> Notice | None:
    ask = runtime.store.get(Ask, str(event["object"].get("id")))
    if ask is None:
        return None
    return Notice(
        key="",
        kind="asked",
        said=f"{_name(runtime, ask.by)} asked for more before the {ask.gate.value} gate opens. "
        "Nothing is approved there until it is answered and closed.",
        command="tuneworthy gate asks",
        people=tuple(p.id for p in people.everyone(runtime) if p.active and p.id != ask.by),
    )


def _alerted(runtime: Runtime, event: Event) -> Notice | None:
    alert = runtime.store.get(Alert, str(event["object"].get("id")))
    if alert is None:
        return None
    return Notice(
        key="",
        kind="alert",
        said=f"Alert ({alert.severity}) about {alert.about.partition(':')[0]}, "
        f"for {_name(runtime, alert.owner)}.",
        command="tuneworthy drift report",
        people=(alert.owner,),
    )


def _rolled_back(runtime: Runtime, event: Event) -> Notice:
    said = {
        "rollout.roll_back": "A canary was rolled back; it takes no traffic any more.",
        "route.roll_back": "Production was rolled back to what answered before.",
        "version.quarantine": "A version was put into quarantine; it answers nobody any more.",
    }[event["action"]]
    return Notice(
        key="",
        kind="rollback",
        said=f"{said} By: {_name(runtime, str(event.get('actor_id')))}.",
        command="tuneworthy serve status",
        people=_holders(runtime, (Role.MODEL_OWNER, Role.TECHNICAL_OWNER, Role.BUSINESS_OWNER)),
    )


_TELLERS: dict[str, Callable[[Runtime, Event], Notice | None]] = {
    "gate.approve": _decided,
    "gate.reject": _decided,
    "gate.request": _requested,
    "gate.ask": _asked,
    "alert.raise": _alerted,
    "rollout.roll_back": _rolled_back,
    "route.roll_back": _rolled_back,
    "version.quarantine": _rolled_back,
}


# -- of how things stand -------------------------------------------------------------------------


def _waiting(runtime: Runtime, state: GateState) -> Iterator[Notice]:
    """Everything is there but decisions.

    What was decided before is part of the key: what has been decided and became void waits anew.
    """
    if state.open or state.missing_evidence or not state.missing_roles or state.asks:
        return
    gate = state.gate
    asked = requesting.askers(runtime, gate, state.subject)
    holders = tuple(one for one in _holders(runtime, state.missing_roles) if one not in asked)
    names = ", ".join(_name(runtime, one) for one in holders) or "somebody; nobody holds that role"
    roles = ", ".join(_words(role) for role in state.missing_roles)
    decided = [a.id for a in runtime.store.list(Approval) if a.gate == gate]
    yield Notice(
        key=digest(["waiting", gate, state.subject, sorted(state.missing_roles), decided]),
        kind="waiting",
        said=f"The {gate.value} gate waits for you: {names} ({roles}).",
        command=f"tuneworthy gate show {gate.value}",
        people=holders,
    )


def _pending(runtime: Runtime) -> Iterator[Notice]:
    for change in granting.pending(runtime):
        if not change.confirmed_by:
            sponsors = (Role.GOVERNANCE_OWNER, Role.BUSINESS_OWNER, Role.COMPLIANCE_REVIEWER)
            others = {change.by, change.person}
            concerned = tuple(p for p in _holders(runtime, sponsors) if p not in others)
            names = ", ".join(_name(runtime, one) for one in concerned) or "a second person"
            yield Notice(
                key=digest(["waiting", change.id]),
                kind="waiting",
                said=f"A change about {_name(runtime, change.person)} waits for you: {names}.",
                command="tuneworthy people pending",
                people=concerned,
            )


def _expiring(runtime: Runtime, state: GateState) -> Iterator[Notice]:
    """What holds a gate open and ends within the days that the project names."""
    last = runtime.clock.now() + timedelta(days=runtime.project.notify.days_before)
    counted = set(gates.counted(runtime, state)) if state.open else set[str]()
    for one in runtime.store.list(Approval) if counted else ():
        if one.id in counted and datetime.fromisoformat(one.expires_at) <= last:
            who = f"The approval of {_name(runtime, one.person)} as {_words(one.role)}"
            yield _ends(state.gate, one.id, who, one.expires_at, (one.person,))
    used = set(gates.bundle(runtime, state.gate).evidence.values()) if state.exceptions else set()
    for given in words.rows(runtime, GateException) if used else ():
        if given.id in used and datetime.fromisoformat(given.until) <= last:
            who = f"The exception that {_name(runtime, given.owner)} answers for"
            yield _ends(state.gate, given.id, who, given.until, (given.owner, given.by))


def _ends(gate: GateName, id_: str, what: str, until: str, concerned: tuple[str, ...]) -> Notice:
    return Notice(
        key=digest(["expiring", id_]),
        kind="expiring",
        said=f"{what} at the {gate.value} gate ends on {until[:10]}; then the gate may shut.",
        command=f"tuneworthy gate show {gate.value}",
        people=tuple(dict.fromkeys(concerned)),
    )


def _holders(runtime: Runtime, roles: Sequence[Role]) -> tuple[str, ...]:
    wanted = set(roles)
    return tuple(p.id for p in people.everyone(runtime) if p.active and wanted & set(p.roles))


def _name(runtime: Runtime, id_: str) -> str:
    if id_ == UNNAMED:
        return "the program, or somebody unnamed"
    return next((p.name for p in people.everyone(runtime) if p.id == id_), id_)


def _words(role: Role) -> str:
    return role.value.replace("_", " ")
