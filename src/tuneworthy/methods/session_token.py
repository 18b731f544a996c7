"""The secrets of sign-in: 256 random bits each, of which only a SHA-256 is kept.

A fast hash is right for them: nobody can try 2**256 tokens (see ``api_token``).
"""

import hashlib
import hmac
import secrets

_MOST = 200
"""No token of ours is longer; what is longer is not hashed at all."""


def new_secret() -> str:
    """256 random bits as 43 letters that may stand in a URL."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """A name for lists and logs, which opens nothing."""
    return secrets.token_hex(8)


def secret_digest(secret: str) -> str:
    """SHA-256 as hex digits; of what cannot be a secret of ours, the digest of nothing known."""
    text = secret if len(secret) <= _MOST else ""
    return hashlib.sha256(
        b"tuneworthy sign-in\0" + text.encode("utf-8", "surrogatepass")
    ).hexdigest()


def derived(secret: str, use: str) -> str:
    """Another secret for one use, from which the first cannot be found (HMAC-SHA-256, hex)."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), use.encode(), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
