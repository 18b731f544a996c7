"""What people are told as it happens: which kinds, where it goes, how far each place has heard."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.checkpoint import MailSettings

NoticeKind = Literal[
    "waiting", "requested", "asked", "approved", "rejected", "expiring", "alert", "rollback"
]

KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)


class NotifyPlace(Part):
    """One place that notices go to."""

    to: Annotated[str, Field(pattern=r"^(https?://|mailto:|env:)\S+$")]
    """A webhook (`https://...`), a mailbox (`mailto:...`), or `env:NAME` for one kept secret."""
    kinds: tuple[NoticeKind, ...] = KINDS
    """What it is told; by default everything."""
    person: str = ""
    """Only what concerns this person, by id; empty: whatever happens."""


class NotifySettings(Part):
    """Who is told what happens at gates and in production, by mail or webhook."""

    to: tuple[NotifyPlace, ...] = ()
    """Where notices go; nowhere by default."""
    days_before: int = Field(default=7, ge=1, le=90)
    """How many days before it ends an approval or exception that holds a gate open is named."""
    internal_hosts: tuple[str, ...] = ()
    """Hosts that may be reached although their address is not a public one, or without TLS."""
    mail: MailSettings = MailSettings()
    """The server that takes mail, as for `audit`; without a host it is the one of `audit`."""


class Notice(Part):
    """One thing to say. It names people concerned, and repeats nothing that anybody typed."""

    key: str
    """The same thing has the same key, whoever works it out."""
    event: int = 0
    """The audit event that it tells of; 0 for what is so without one."""
    kind: NoticeKind
    said: str
    command: str
    """What to type to see more."""
    people: tuple[str, ...]
    """The ids of those it concerns."""


class Outbox(Noun):
    """How far one place has heard; ``id`` is the digest of project and place."""

    kind: ClassVar[str] = "outbox"
    project: str
    to: str
    """The place without what is secret or personal in it."""
    position: int
    """The last audit event that is dealt with."""
    told: tuple[str, ...] = ()
    """Keys of what it was told without an event, as far as that is so still."""
    failures: int = 0
    """How often in a row it could not be reached."""
    tried_at: str = ""
    """When it could not be reached last."""
    error: str = ""


class PlaceState(Part):
    """A place, what waits for it, and why."""

    to: str
    kinds: tuple[NoticeKind, ...]
    person: str = ""
    waiting: tuple[Notice, ...] = ()
    error: str = ""
