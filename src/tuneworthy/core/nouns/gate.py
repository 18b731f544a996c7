"""Gates, approvals and the audit log."""

from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.people import Role


class GateName(StrEnum):
    """The four gates, in order."""

    START = "start"
    BUILD = "build"
    PROOF = "proof"
    RELEASE = "release"


class Bundle(Part):
    """The exact evidence an approval is about; its digest is what people sign."""

    gate: GateName
    project: str
    subject: str
    """The digest the gate decides on: a dataset version, a model version, ..."""
    evidence: dict[str, str]
    """Requirement to the id of the evidence that meets it."""
    missing: tuple[str, ...] = ()
    """Requirements with no live evidence; a bundle with any cannot be approved."""


class Approval(Noun):
    """One person's signed decision over one bundle digest.

    ``envelope`` is a DSSE envelope whose payload is an in-toto statement; the fields beside it
    repeat the payload for queries and are never trusted without the signature.
    """

    kind: ClassVar[str] = "approval"
    gate: GateName
    subject: str
    bundle: str
    role: Role
    person: str
    decision: Literal["approve", "reject"]
    reason: str
    created_at: str
    expires_at: str
    envelope: dict[str, Any]


class GateState(Part):
    """Where a gate stands now, and what is still needed."""

    gate: GateName
    open: bool
    subject: str
    bundle: str
    approvers: dict[str, str]
    """Role to person, for valid approvals of the current bundle."""
    missing_evidence: tuple[str, ...]
    missing_roles: tuple[Role, ...]
    not_asked: tuple[str, ...] = ()
    """Evidence that the policy names and this gate does not ask for now, each with when it does."""
    closed_by: tuple[str, ...] = ()
    """What to type for each piece of missing evidence, in its order; empty where nobody knows."""
    void: tuple[str, ...] = ()
    """Approvals that do not count, each with the reason."""
    demonstration: bool = False
    independence: Literal["full", "reduced"] = "full"
    reduced_because: tuple[str, ...] = ()
    """Why independence is reduced; empty where it is full."""
    beside: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    """What other evidence about the subject says; it is not required. None: nothing is on record.

    It is no part of the bundle, so that a new finding voids no approval.
    """
    asks: tuple[str, ...] = ()
    """Requests for more that are open, ``person: what``; nothing is approved over one."""
    requests: tuple[str, ...] = ()
    """Who asked for a decision about this subject, ``person: why``; they do not give it."""
    out_of_time: tuple[str, ...] = ()
    """Evidence that does not count because it is dated after now, each with its date."""
    exceptions: tuple[str, ...] = ()
    """What the gate does without for now: until when, whose it is, who signed and why."""


class AuditDraft(Part):
    """What a change says of itself; the store adds number, time, policy and chain.

    ``on_behalf_of`` is the person whose account it is, or the project that a decision is for.
    ``request_id`` names the request to the control API it came of, as its answer does in
    ``x-request-id``; empty for what came of the console or of a process by itself.
    """

    actor: str
    action: str
    object_type: str
    object_id: str
    object_digest: str = ""
    before: str = ""
    after: str = ""
    evidence: tuple[str, ...] = ()
    decision: Literal["allow", "deny"] = "allow"
    reason: str = ""
    auth_method: str = "local"
    session_id: str = ""
    on_behalf_of: str = ""
    request_id: str = ""


class AuditRecord(Part):
    """One link of the chain as stored: the exact bytes and the hash over them."""

    seq: int
    body: bytes
    hash: str
