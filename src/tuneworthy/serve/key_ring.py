"""Which tokens open what, as a gateway knows it at one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from tuneworthy.core.nouns.api_key import ApiKey, KeyState, Scope
from tuneworthy.methods.api_token import id_of, same_digest, token_digest

_NOBODY = "0" * 64
"""Compared with where no key has the id, so that an unknown id takes as long as a known one."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id, and digests of tokens that are given from outside and open everything.

    A ring without any of both is open: the project has never made a key.
    """

    keys: Mapping[str, tuple[ApiKey, bool]] = field(default_factory=lambda: MappingProxyType({}))
    """Each key, and whether it was revoked."""
    given: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return not self.keys and not self.given

    def caller(self, token: str) -> str:
        """Whose a token is that opens something here; empty where none is asked for."""
        if self.open:
            return ""
        id_ = id_of(token)
        return id_ if id_ in self.keys else token_digest(token)

    def refusal(self, token: str, scope: Scope, now: datetime) -> str:
        """Why a token opens nothing here: ``unknown``, ``revoked``, ``expired``, ``scope``.

        Empty when it does. Only who holds the right token learns more than ``unknown``.
        """
        if self.open:
            return ""
        digest = token_digest(token)
        # Every given digest is compared, whichever matches.
        matches = [same_digest(digest, one) for one in self.given]
        if any(matches):
            return ""
        key, revoked = self.keys.get(id_of(token), (None, False))
        if not same_digest(digest, key.digest if key else _NOBODY) or key is None:
            return "unknown"
        if revoked:
            return "revoked"
        if now >= datetime.fromisoformat(key.expires_at):
            return "expired"
        return "" if scope in key.scopes else "scope"


def ring_of(states: Iterable[KeyState], given: Iterable[str] = ()) -> KeyRing:
    """The ring of a project's keys; ``given`` are plain tokens from outside."""
    keys = {one.key.id: (one.key, one.state == "revoked") for one in states}
    return KeyRing(MappingProxyType(keys), tuple(sorted(map(token_digest, given))))
