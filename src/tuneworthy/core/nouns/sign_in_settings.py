"""How people sign in, as the project file says it."""

from typing import Annotated

from pydantic import Field

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.secret_ref import SecretRef


class OidcSettings(Part):
    """An OpenID Connect provider at which people have their accounts."""

    issuer: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]
    """The provider's address, exactly as its discovery document gives it."""
    client_id: str = Field(min_length=1)
    client_secret: SecretRef = ""
    """Where the secret is kept: `env:NAME` or `file:PATH`. Empty for a public client."""
    internal_hosts: tuple[str, ...] = ()
    """Hosts that may be reached although their address is not a public one, or without TLS."""


class SignInSettings(Part):
    """Besides a one-time link on this machine, and passwords."""

    oidc: OidcSettings | None = None
