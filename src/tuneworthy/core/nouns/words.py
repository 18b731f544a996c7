"""What people say under their own signature beside approvals; nothing in it counts without that."""

from typing import Any, ClassVar, Literal

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Role


class SignedWord(Noun):
    """A DSSE envelope by ``by``; every other field repeats what was signed. Times are UTC ISO."""

    project: str
    by: str
    reason: str
    created_at: str
    accelerated: bool = False
    """Whether the clock ran faster than time: a demonstration, and said so."""
    envelope: dict[str, Any]


class PersonChange(SignedWord):
    """A role given or taken, a person put out of duty, or a new key.

    What takes away holds at once. A grant and a key wait for somebody else's confirmation, and
    then a day.
    """

    kind: ClassVar[str] = "person_change"
    what: Literal["grant", "revoke", "deactivate", "key"]
    person: str
    role: Role | None = None
    public_key: str = ""


class PolicyChange(SignedWord):
    """That a project's gates may ask for less than before; it holds once it is confirmed."""

    kind: ClassVar[str] = "policy_change"
    before: str
    """Digest of the policy in force, and of the one that is to be."""
    after: str
    laxer: tuple[str, ...]
    """What it asks for less than before, in words."""


class Confirmation(SignedWord):
    """A second person's word for a change that another proposed."""

    kind: ClassVar[str] = "confirmation"
    of: str
    """Id of the change."""


class GateException(SignedWord):
    """That a gate does without one piece of evidence for a while, and who answers for it."""

    kind: ClassVar[str] = "gate_exception"
    gate: GateName
    about: str
    subject: str
    """The digest that the gate decided on then; another one needs another exception."""
    owner: str
    until: str


class ExceptionEnd(SignedWord):
    """That an exception ends before its time."""

    kind: ClassVar[str] = "exception_end"
    of: str


class Ask(SignedWord):
    """A request for more before a gate is approved; ``reason`` is what is asked."""

    kind: ClassVar[str] = "ask"
    gate: GateName
    subject: str


class AskReply(SignedWord):
    """An answer (``reason``, and evidence if there is any), or the asker's word that it is done."""

    kind: ClassVar[str] = "ask_reply"
    of: str
    closes: bool = False
    evidence: str = ""
    """Id of the evidence that answers."""


class GateRequest(SignedWord):
    """That somebody asks for a gate's decision, which they then do not give; ``reason`` is why."""

    kind: ClassVar[str] = "gate_request"
    gate: GateName
    subject: str
    """The digest that the gate decided on then; about another one they may decide."""


class AskState(Part):
    """An ask with all that was said to it."""

    id: str
    gate: GateName
    by: str
    text: str
    created_at: str
    closed_at: str = ""
    replies: tuple[str, ...] = ()
    """``person: text``, oldest first."""


class PendingChange(Part):
    """A change of a person that does not hold yet, and what it waits for."""

    id: str
    person: str
    change: str
    by: str
    confirmed_by: str = ""
    holds_from: str = ""
    """Empty while nobody has confirmed it."""
    accelerated: bool = False


class KeptPolicy(Noun):
    """A policy that a project went over to; ``id`` is its digest, ``text`` the file as it was."""

    kind: ClassVar[str] = "gate_policy"
    project: str
    text: str
    created_at: str


class PolicyState(Part):
    """Which policy the gates follow, and what the project's file says beside it."""

    digest: str
    version: int
    source: Literal["product", "project", "kept"]
    """``kept``: an earlier one, because the file asks for less and two people have not signed."""
    file_digest: str = ""
    laxer: tuple[str, ...] = ()
    """What the file asks for less than the policy in force; it waits for signatures."""
    proposed_by: str = ""


class ChangedEvidence(Part):
    """One requirement then and now; None where there was or is nothing."""

    about: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    fields: tuple[str, ...]
    """The fields of the result that differ."""


class GateChanged(Part):
    """What is different at a gate since its last approval."""

    gate: GateName
    approval: str
    person: str
    role: Role
    created_at: str
    still_counts: bool
    subject: tuple[str, str]
    """Then and now."""
    policy: tuple[str, str]
    evidence: tuple[ChangedEvidence, ...]
