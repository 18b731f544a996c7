"""Passwords: how one is hashed, checked, and found too weak before it is taken.

Hashing is argon2id (RFC 9106) with that document's second recommended setting: 3 passes over
64 MiB by 4 lanes, a 128-bit salt, a 256-bit tag. It is above the least that the OWASP Password
Storage Cheat Sheet asks for (19 MiB, 2 passes).

What may be chosen follows NIST SP 800-63B-4, section 3.1.1.2: at least 15 characters where nothing
else is asked for, any characters, no rules of composition, and none that is on a list of what is
commonly chosen or would be guessed from the context.
"""

import gzip
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 15, 256
"""Characters of a password. The bound above only keeps the work bounded."""

_HASHER = PasswordHasher(
    time_cost=3, memory_cost=65_536, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
)
_AT_ONCE = BoundedSemaphore(2)
"""Each check takes 64 MiB: a flood of them must not take all there is."""

_COMMON = Path(__file__).parent / "common_passwords.txt.gz"
_CHANGED = str.maketrans("@4310!5$7", "aaeioisst")
_WORD = 4
"""Shorter parts are too short to be called a word."""

_FREE = 8
"""So many characters must be nobody's word."""


def hash_password(password: str) -> str:
    """The hash to keep, in the PHC form."""
    with _AT_ONCE:
        return _HASHER.hash(normal(password))


def right_password(kept: str, password: str) -> bool:
    """Whether a password is the one of a hash. With ``nobodys()`` it takes as long, and is not."""
    nothing = nobodys()
    if len(password) > MOST * 4:
        password = ""
    with _AT_ONCE:
        try:
            _HASHER.verify(kept, normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept != nothing


@cache
def nobodys() -> str:
    """A hash to check against where there is no person: it costs the same time."""
    return _HASHER.hash("")


def normal(password: str) -> str:
    """One form of what may be typed in several ways (NFKC, as SP 800-63B-4 asks)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def weakness(password: str, known: Iterable[str] = ()) -> str:
    """Why a password must not be taken; empty when it may be.

    Args:
        password: What somebody chose.
        known: Words that an attacker would try first: ids, names, the project.
    """
    text = normal(password)
    if len(text) < LEAST:
        return f"It has {len(text)} characters; the least is {LEAST}. Several words make a good one"
    if len(text) > MOST:
        return f"It has more than {MOST} characters"
    plain = text.casefold()
    if _is_pattern(plain):
        return "It repeats a few characters, or runs along the alphabet or the keyboard"
    if plain in _common() or _made_of(plain, known):
        return "It is commonly chosen, or put together from words that are guessed first"
    return ""


def _is_pattern(text: str) -> bool:
    """A short piece again and again, or a run along one row, up or down."""
    if len(set(text)) < 5:
        return True
    # A piece is at most half of the whole, and at most 12 characters long.
    for size in range(1, min(12, len(text) // 2) + 1):
        if (text[:size] * (len(text) // size + 1))[: len(text)] == text:
            return True
    rows = ("abcdefghijklmnopqrstuvwxyz" * 2, "0123456789" * 3, "qwertyuiopasdfghjklzxcvbnm")
    return any(text in row or text in row[::-1] for row in rows)


def _made_of(text: str, known: Iterable[str]) -> bool:
    """Whether fewer than ``_FREE`` characters are left besides known words and common passwords.

    At most two different common passwords, as a phrase of several words is what is wanted.
    """
    given = {part for word in known for part in re.split(r"\W+", word.casefold()) if part}
    for form in {text, text.translate(_CHANGED)}:
        rest = form
        for word in sorted((w for w in given if len(w) > 2), key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(_without_common(rest)) < _FREE:
            return True
    return False


def _without_common(text: str) -> str:
    """The text without its longest common password, twice, and without that word's repetitions."""
    for _ in range(2):
        parts = (
            text[at : at + size]
            for size in range(len(text), _WORD - 1, -1)
            for at in range(len(text) - size + 1)
        )
        word = next((part for part in parts if part in _common()), "")
        if word:
            text = text.replace(word, "")
    return text


@cache
def _common() -> frozenset[str]:
    """Passwords that were seen most often in leaks, lower case."""
    return frozenset(gzip.decompress(_COMMON.read_bytes()).decode().split("\n"))
