"""The sticky split: which arm of a route answers which user.

A key's place is blake2b(salt | key) read as a fraction of 2**64. A user keeps the arm while the
canary's share stands still, a larger share only adds users (the ramp is monotone), and two routes
with different salts split independently.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from tuneworthy.core.nouns.serving import Route
from tuneworthy.methods.subjects import name_of

_BODY_FIELDS = ("safety_identifier", "user", "conversation")
_WHOLE = 2**64


class SplitKey(NamedTuple):
    """What the split hashes, and whether it names somebody who may come back."""

    value: str
    sticky: bool


def split_key(session: str, body: Mapping[str, Any], request_id: str) -> SplitKey:
    """The first that is there: session, ``safety_identifier``, ``user``, ``conversation``, id."""
    if session:
        return SplitKey(session, True)
    for name in _BODY_FIELDS:
        value = body.get(name)
        if isinstance(value, dict):  # a conversation may be given as {"id": ...}
            value = value.get("id")
        if name := name_of(value):
            return SplitKey(name, True)
    return SplitKey(request_id, False)


def place(salt: str, key: str) -> float:
    """Where the key stands in 0..1."""
    return _number(salt, key) / _WHOLE


def assign(route: Route, key: str) -> Literal["production", "canary"]:
    """The arm that answers this key."""
    if not route.canary or route.canary_percent <= 0:
        return "production"
    # Whole numbers, so that 100 % is everybody and no rounding stands at the edge.
    edge = int(route.canary_percent / 100 * _WHOLE)
    return "canary" if _number(route.salt, key) < edge else "production"


def _number(salt: str, key: str) -> int:
    text = f"{salt}|{key}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
