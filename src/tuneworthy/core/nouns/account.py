"""How people sign in: their passwords, their accounts elsewhere, and the sessions they have open.

Nothing here opens anything by itself: of a secret only a hash is kept.
"""

from typing import ClassVar

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part


class Password(Noun):
    """What is kept of a person's password; ``id`` is ``project:person``."""

    kind: ClassVar[str] = "password"
    project: str
    person: str
    hash: str = Field(repr=False)
    """Argon2id in the PHC form, with its salt and parameters."""
    set_at: str
    set_by: str


class OidcLink(Noun):
    """That an account of an OpenID provider is a person's; ``id`` digests project and account."""

    kind: ClassVar[str] = "oidc_link"
    project: str
    person: str
    issuer: str
    subject: str
    """The provider's own name of the account (``sub``); an address could be given to another."""
    active: bool = True
    set_at: str
    set_by: str


class Session(Part):
    """A person's time at the program from sign-in to sign-out. Times are ISO stamps, UTC.

    ``id`` names it in lists and in the audit log, and opens nothing. ``digest`` is the SHA-256 of
    the token that the browser holds.
    """

    id: str
    project: str
    person: str
    method: str
    """How they signed in: ``link``, ``password``, ``oidc`` or ``passkey``."""
    digest: str = Field(repr=False)
    made_at: str
    seen_at: str
    ends_at: str


class SessionView(Part):
    """A session as lists show it."""

    id: str
    person: str
    method: str
    made_at: str
    seen_at: str
    ends_at: str


class SignedIn(Part):
    """A session that was just begun, with the only sight of its token."""

    session: Session
    token: str = Field(repr=False)


class OidcStart(Part):
    """The way to a provider, and the secret that the browser keeps until it comes back."""

    url: str
    secret: str = Field(repr=False)


class OidcAnswer(Part):
    """What a provider sends back by the browser."""

    state: str = Field(repr=False)
    code: str = Field(repr=False)
    iss: str = ""


class Ticket(Part):
    """Something that may be used once and soon; ``digest`` is the SHA-256 of its secret."""

    digest: str
    kind: str
    """What it is for: ``link``, ``oidc``, ``passkey``."""
    project: str
    person: str = ""
    until: str


class Tries(Part):
    """How often somebody tried to sign in without success, and when last (ISO, UTC)."""

    count: int
    last: str
