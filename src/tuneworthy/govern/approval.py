"""One person's signed decision: how it is made, and whether it still counts."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from tuneworthy.core.clock import SLACK
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.gate import Approval, Bundle
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern.bundle import bundle_digest
from tuneworthy.govern.policy import Policy
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.methods.signing import (
    STATEMENT_TYPE,
    PrivateKey,
    sign_statement,
    verify_envelope,
)

PREDICATE_TYPE = "https://tuneworthy.dev/approval/v1"

Choice = Literal["approve", "reject"]


def statement(
    bundle: Bundle,
    role: Role,
    person: str,
    decision: Choice,
    reason: str,
    created_at: str,
    expires_at: str,
    policy_digest: str,
) -> dict[str, Any]:
    """The in-toto statement that a person signs; its subject is the bundle's digest."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{bundle.project}/{bundle.gate.value}",
                "digest": {"sha256": bundle_digest(bundle).removeprefix("sha256:")},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "project": bundle.project,
            "gate": bundle.gate.value,
            "subject": bundle.subject,
            "role": role.value,
            "person": person,
            "decision": decision,
            "reason": reason,
            "created_at": created_at,
            "expires_at": expires_at,
            "policy": policy_digest,
        },
    }


def make_approval(
    bundle: Bundle,
    *,
    role: Role,
    person: str,
    decision: Choice,
    reason: str,
    created_at: str,
    expires_at: str,
    policy: Policy,
    private_pem: PrivateKey,
    passphrase: bytes | None = None,
) -> Approval:
    """Sign a decision over a bundle. Raises UsageProblem when the key cannot be read."""
    signed = statement(
        bundle, role, person, decision, reason, created_at, expires_at, policy.digest
    )
    envelope = sign_statement(signed, private_pem, person, passphrase=passphrase)
    return Approval(
        id=digest(envelope),
        gate=bundle.gate,
        subject=bundle.subject,
        bundle=bundle_digest(bundle),
        role=role,
        person=person,
        decision=decision,
        reason=reason,
        created_at=created_at,
        expires_at=expires_at,
        envelope=envelope,
    )


def signature_fault(approval: Approval, people: Mapping[str, Person]) -> str:
    """Why a row is not what its person signed, in words; empty when it is.

    Everything the row says beside its envelope must also stand in the signed statement.
    """
    person = people.get(approval.person)
    if person is None:
        return f"there is no person {approval.person}"
    try:
        signed = verify_envelope(approval.envelope, person.public_key, keyid=person.id)
        if digest(approval.envelope) != approval.id:
            return "its id is not the digest of its envelope"
    except IntegrityProblem as problem:
        return problem.why
    return "" if _same(approval, signed) else "its fields are not what was signed"


def standing_fault(approval: Approval, bundle: Bundle, policy: Policy, now: datetime) -> str:
    """Why a decision with a good signature does not count now; empty when it does.

    The signature itself is not looked at again: ``signature_fault`` has.
    """
    if approval.bundle != bundle_digest(bundle) or approval.subject != bundle.subject:
        return "the evidence has changed since"
    signed = statement(
        bundle,
        approval.role,
        approval.person,
        approval.decision,
        approval.reason,
        approval.created_at,
        approval.expires_at,
        policy.digest,
    )
    if approval.envelope.get("payload") != base64.b64encode(canonical(signed)).decode():
        return "it was given under another policy"
    try:
        begins = datetime.fromisoformat(approval.created_at)
        ends = datetime.fromisoformat(approval.expires_at)
        if now >= ends:
            return f"expired at {approval.expires_at}"
        if approval.decision == "approve" and begins > now + SLACK:
            return f"dated {approval.created_at}, after now"
        if ends - begins > timedelta(days=policy.valid_days):
            return f"stands longer than the {policy.valid_days} days allowed"
    except (ValueError, TypeError):
        return "its times cannot be read"
    return ""


def project_of(approval: Approval) -> str:
    """The project that an approval's statement names; empty when it cannot be read."""
    try:
        statement = json.loads(base64.b64decode(approval.envelope["payload"]))
        return str(statement["predicate"]["project"])
    except (LookupError, TypeError, ValueError):
        return ""


def approval_altered(approval: Approval) -> bool:
    """Whether a row is not what its own envelope says, whoever signed that."""
    try:
        signed = json.loads(base64.b64decode(approval.envelope["payload"]))
    except (LookupError, TypeError, ValueError):
        return True
    return digest(approval.envelope) != approval.id or not _same(approval, signed)


def _same(approval: Approval, signed: Mapping[str, Any]) -> bool:
    """Whether the row repeats the signed statement, field by field."""
    predicate = signed.get("predicate")
    subject = signed.get("subject")
    if signed.get("predicateType") != PREDICATE_TYPE or not isinstance(predicate, dict):
        return False
    row = {
        "gate": approval.gate.value,
        "subject": approval.subject,
        "role": approval.role.value,
        "person": approval.person,
        "decision": approval.decision,
        "reason": approval.reason,
        "created_at": approval.created_at,
        "expires_at": approval.expires_at,
    }
    named = {"sha256": approval.bundle.removeprefix("sha256:")}
    return (
        all(predicate.get(name) == value for name, value in row.items())
        and isinstance(subject, list)
        and [thing.get("digest") for thing in subject if isinstance(thing, dict)] == [named]
        and len(subject) == 1
    )
