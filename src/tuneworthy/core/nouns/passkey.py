"""Passkeys: what a browser is asked, what came of it, and how often one was used."""

from typing import Any, ClassVar

from tuneworthy.core.nouns.base import Noun, Part


class SigningAsked(Part):
    """What a person is to sign, in full, and what the browser is asked for it."""

    statement: dict[str, Any]
    started_at: str
    """Handed back with the answer: the statement is made anew for that moment."""
    options: dict[str, Any]
    """``publicKey`` of ``navigator.credentials.get``; its challenge is the statement's."""


class PasskeyOffer(Noun):
    """A passkey that a person made; it signs nothing until it is their key."""

    kind: ClassVar[str] = "passkey_offer"
    project: str
    person: str
    public_key: str
    created_at: str


class PasskeyCounter(Noun):
    """How often a credential (``id``, base64url) says that it was used when it was used last."""

    kind: ClassVar[str] = "passkey_counter"
    counter: int
    used_at: str


class PasskeyUse(Noun):
    """That a challenge (``id``, its digest) was answered: once is enough."""

    kind: ClassVar[str] = "passkey_use"
    project: str
    person: str
    credential: str
