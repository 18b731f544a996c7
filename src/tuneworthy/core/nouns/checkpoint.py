"""Signed checkpoints of the audit chain: who signs, what was signed, and where it was sent."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.secret_ref import NamedSecretRef

Destination = Annotated[str, Field(pattern=r"^(file:///|(tsa:)?https?://|mailto:|env:)\S+$")]
"""A file, a webhook, a mailbox, an RFC 3161 authority, or ``env:NAME`` for one kept secret."""


class MailSettings(Part):
    """The server that takes mail. The password stands in the environment, never in a file."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    sender: str = ""
    user: str = ""
    password_env: NamedSecretRef = ""
    """The environment variable that holds the password, or `file:PATH`."""
    security: Literal["starttls", "tls", "none"] = "starttls"


class AuditSettings(Part):
    """When the audit chain is signed, with which key, and who is sent the checkpoint."""

    key: str = "keys/audit.key"
    """The signing key's file; keep it where the database's administrator cannot read it."""
    checkpoints: tuple[Destination, ...] = ()
    """Where they go: `file:///...`, `https://...`, `mailto:...`, `tsa:https://...`, `env:NAME`."""
    every_events: int = Field(default=100, ge=1)
    """A checkpoint is due after so many events."""
    every_seconds: float = Field(default=60, gt=0)
    """Or when an event is so old and not signed yet."""
    internal_hosts: tuple[str, ...] = ()
    """Hosts that may be reached although their address is not a public one, or without TLS."""
    mail: MailSettings = MailSettings()


class AuditKey(Noun):
    """A key that signs checkpoints. ``id`` is its verifier key, ``name+hash+key``."""

    kind: ClassVar[str] = "audit_key"
    project: str
    public_key: str
    created_at: str


class Delivery(Part):
    """One place that a checkpoint is for; ``sent_at`` is empty until it has arrived."""

    to: str
    """The destination without what is secret or personal in it."""
    sent_at: str = ""
    error: str = ""
    """Why it has not arrived, at the last try."""
    receipt: str = ""
    """Blob digest of a time stamping authority's answer; empty for other destinations."""


class Checkpoint(Noun):
    """A signed note over the first ``size`` records of the chain; ``id`` is the note's digest."""

    kind: ClassVar[str] = "checkpoint"
    project: str
    size: int
    root: str
    """Merkle root over the records' stored bytes, hex."""
    head: str
    """Hash of the last of them."""
    note: str
    created_at: str
    deliveries: tuple[Delivery, ...] = ()

    @property
    def waiting(self) -> tuple[Delivery, ...]:
        """Where it has not arrived yet."""
        return tuple(one for one in self.deliveries if not one.sent_at)
