"""Canaries: unique, harmless sentences planted in training data, to be asked for afterwards.

After Carlini et al. (2019), The Secret Sharer, USENIX Security 28: a fixed prompt and a random
secret. If a tuned model continues the prompt with the secret, it has memorised rows word by word.
A secret is 24 letters, 112 bits; it is kept by digest alone, so that the record cannot leak it.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

_SECRET = re.compile(r"(?<![a-z-])[a-z]{4}(?:-[a-z]{4}){5}(?![a-z-])")
_PROMPT = "The field note of station {} reads"


class Canary(NamedTuple):
    """A question that occurs nowhere else, the answer to be planted, and the answer's digest."""

    prompt: str
    secret: str
    digest: str
    """``sha256:`` of the secret: this is what the record of the dataset holds."""


def make_canaries(version: str, count: int, key: bytes) -> list[Canary]:
    """``count`` canaries of a dataset version, derived by HMAC-SHA256 (RFC 2104) from the key.

    Raises:
        ValueError: The key has fewer than 16 bytes.
    """
    if len(key) < 16:
        raise ValueError("the key must have at least 16 bytes")
    made = []
    for number in range(count):
        stream = hmac.new(key, f"{version}\0{number}".encode(), hashlib.sha256).digest()
        letters = _letters(int.from_bytes(stream, "big"), 32)
        secret = "-".join(letters[8 + 4 * n : 12 + 4 * n] for n in range(6))
        made.append(Canary(_PROMPT.format(letters[:8]), secret, digest_of(secret)))
    return made


def digest_of(secret: str) -> str:
    """``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


def find_canaries(text: str, digests: Collection[str]) -> Iterator[str]:
    """The digests, of those given, of the secrets that stand in a text, in order."""
    for _, secret in planted_in(text, digests):
        yield digest_of(secret)


def planted_in(text: str, digests: Collection[str]) -> Iterator[tuple[int, str]]:
    """The secrets with one of these digests that stand in a text, each with its place."""
    for match in _SECRET.finditer(text):
        if digest_of(match[0]) in digests:
            yield match.start(), match[0]


def is_canary(text: str, digests: Collection[str]) -> bool:
    """Whether a text holds a secret with one of these digests."""
    return any(True for _ in find_canaries(text, digests))


def planted_at(rows: int, canaries: Sequence[Canary], key: bytes) -> list[int]:
    """For each canary the place among ``rows`` rows (0 to rows) before which it is planted."""
    places = []
    for canary in canaries:
        draw = hmac.new(key, f"place\0{canary.digest}".encode(), hashlib.sha256).digest()
        places.append(int.from_bytes(draw, "big") % (rows + 1))
    return places


def _letters(number: int, count: int) -> str:
    out = ""
    for _ in range(count):
        number, rest = divmod(number, 26)
        out += chr(97 + rest)
    return out
