"""Challenges for new passkeys and for signing in, which are known again without being kept.

A challenge holds its own moment and a code over it, what it is for and for whom, under a key of
this process. So nobody who is not signed in can fill the store with challenges, and a restart of
the server ends those that are open. That each is used once is seen to where it is accepted.

Source: W3C Web Authentication Level 3, section 13.4.3: 16 random bytes or more, and no other source
than the server.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

_KEY = secrets.token_bytes(32)
_NONCE, _TIME, _CODE = 16, 8, 32

OPEN = timedelta(minutes=5)
"""How long a challenge may be answered."""


def new_challenge(purpose: str, now: datetime) -> bytes:
    """56 bytes that can be answered for some minutes, for this purpose alone."""
    head = secrets.token_bytes(_NONCE) + int(now.timestamp()).to_bytes(_TIME, "big")
    return head + _code(head, purpose)


def is_ours(challenge: bytes, purpose: str, now: datetime) -> bool:
    """Whether a challenge was made here for this purpose, and only just now."""
    head, code = challenge[: _NONCE + _TIME], challenge[_NONCE + _TIME :]
    if not hmac.compare_digest(code, _code(head, purpose)):
        return False
    made = int.from_bytes(head[_NONCE:], "big")
    return 0 <= int(now.timestamp()) - made <= OPEN.total_seconds()


def _code(head: bytes, purpose: str) -> bytes:
    return hmac.new(_KEY, head + purpose.encode(), hashlib.sha256).digest()
