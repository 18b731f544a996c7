"""What is different at a gate since somebody approved it last, side by side."""

import base64
import json
from collections.abc import Mapping

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import Approval, AuditRecord, GateName
from tuneworthy.core.nouns.words import ChangedEvidence, GateChanged
from tuneworthy.govern import bundle_digest, project_of
from tuneworthy.lifecycle import gates, policies
from tuneworthy.lifecycle.wiring import Runtime


def since_approval(runtime: Runtime, gate: GateName) -> GateChanged | None:
    """The last approval of a gate against what it would be given for now; None without one."""
    given = [
        one
        for one in runtime.store.list(Approval)
        if one.gate == gate and one.decision == "approve" and project_of(one) == runtime.project.id
    ]
    if not given:
        return None
    last = max(given, key=lambda one: one.created_at)
    now = gates.bundle(runtime, gate)
    known = {item.id: item for item in runtime.evidence()}
    then = {known[id_].about: known[id_] for id_ in _seen(runtime, last) if id_ in known}
    here = {about: known[id_] for about, id_ in now.evidence.items() if id_ in known}
    return GateChanged(
        gate=gate,
        approval=last.id,
        person=last.person,
        role=last.role,
        created_at=last.created_at,
        still_counts=last.id in gates.counted(runtime, gates.state(runtime, gate))
        or last.bundle == bundle_digest(now),
        subject=(last.subject, now.subject),
        policy=(_policy(last), policies.in_force(runtime).digest),
        evidence=tuple(_changed(then, here)),
    )


def _changed(then: Mapping[str, Evidence], here: Mapping[str, Evidence]) -> list[ChangedEvidence]:
    found = []
    for about in sorted({*then, *here}):
        old, new = then.get(about), here.get(about)
        if old is not None and new is not None and old.id == new.id:
            continue
        before = dict(old.result) if old else None
        after = dict(new.result) if new else None
        names = sorted({*(before or {}), *(after or {})})
        differ = tuple(n for n in names if (before or {}).get(n) != (after or {}).get(n))
        found.append(ChangedEvidence(about=about, before=before, after=after, fields=differ))
    return found


def _seen(runtime: Runtime, approval: Approval) -> tuple[str, ...]:
    """The evidence that an approval was given over, from its own audit event."""
    for record in runtime.store.audit():
        if found := _evidence_of(record, approval.id):
            return found
    return ()


def _evidence_of(record: AuditRecord, approval: str) -> tuple[str, ...]:
    if approval.encode() not in record.body:
        return ()
    event = json.loads(record.body)
    if event["object"]["id"] != approval or event["action"] != "gate.approve":
        return ()
    return tuple(event["evidence_digests"])


def _policy(approval: Approval) -> str:
    try:
        statement = json.loads(base64.b64decode(approval.envelope["payload"]))
        return str(statement["predicate"]["policy"])
    except (LookupError, TypeError, ValueError):
        return ""
