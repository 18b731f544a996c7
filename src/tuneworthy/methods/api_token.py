"""Tokens that programs carry: ``twk_``, an id to find the key by, and 256 random bits.

A plain SHA-256 is kept of a token. A slow hash (argon2id) protects what people choose, which can be
guessed; 2**256 tokens cannot be tried, and a slow hash would cost every request its time.
"""

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

_FORM = re.compile(r"twk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


class Token(NamedTuple):
    """A new token and the id inside it."""

    id: str
    text: str


def new_token() -> Token:
    """A token that nobody has seen."""
    id_ = secrets.token_hex(6)
    return Token(id_, f"twk_{id_}_{secrets.token_urlsafe(32)}")


def id_of(token: str) -> str:
    """The id inside a token; empty for what has not the form of one."""
    found = _FORM.fullmatch(token)
    return found[1] if found else ""


def token_digest(token: str) -> str:
    """SHA-256 of a token as hex digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same_digest(one: str, other: str) -> bool:
    """Whether two digests are equal; the time it takes tells nothing of where they differ."""
    return hmac.compare_digest(one, other)
