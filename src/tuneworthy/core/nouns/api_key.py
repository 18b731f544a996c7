"""Keys by which programs use the gateway; what is kept of one opens nothing."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part


class Scope(StrEnum):
    """What a key opens: asking and the list of models, feedback, traces, metrics and control."""

    CHAT = "chat"
    FEEDBACK = "feedback"
    TRACE = "trace"
    CONTROL = "control"


class ApiKey(Noun):
    """A key without its secret; ``id`` stands in the token too, to find it by."""

    kind: ClassVar[str] = "api_key"
    project: str
    name: str
    scopes: tuple[Scope, ...]
    digest: str
    """SHA-256 of the whole token, hex."""
    created_at: str
    created_by: str
    expires_at: str


class ApiKeyEnd(Noun):
    """That a key was revoked, for good; ``id`` is the key's."""

    kind: ClassVar[str] = "api_key_end"
    project: str
    by: str
    reason: str
    revoked_at: str


class KeyState(Part):
    """A key as it stands: ``active``, ``expired`` or ``revoked``."""

    key: ApiKey
    state: str


class NewKey(Part):
    """A key that was just made, with the only sight of its token."""

    key: ApiKey
    token: str = Field(repr=False)
