"""Ledgers with a ring of keys of their own, and rows whose words stand nowhere else."""

import hashlib
import json
from pathlib import Path

from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.opaque import opaque
from tuneworthy.store import open_store, open_subject_keys
from tuneworthy.store.sql import SqlStore
from tuneworthy.store.subject_keys import SqlSubjectKeys

LOOKUP = bytes(32)


def keys_at(url: str) -> SqlSubjectKeys:
    return open_subject_keys(url, lambda name: opaque(LOOKUP, name))


def sealed_store(ledger: str, ring: str) -> SqlStore:
    return open_store(ledger, SystemClock(), keys=keys_at(ring))


def planted(number: int) -> str:
    """A text that no other test has: planted in requests, answers and words."""
    return "planted" + hashlib.sha256(f"planted {number}".encode()).hexdigest()[:24]


def person(number: int) -> str:
    return "someone" + hashlib.sha256(f"someone {number}".encode()).hexdigest()[:16]


def asked(number: int, user: str | None = None, day: str = "2026-03-01") -> Interaction:
    body = {"model": "r", "messages": [{"role": "user", "content": f"I am {planted(number)}"}]}
    if user is None:
        user = person(number)
    if user:
        body["user"] = user
    return Interaction(
        id=f"chatcmpl-s{number:05}", route="r", manifest="m", arm="production", sticky_key=user,
        sticky=bool(user), created_at=f"{day}T10:{number // 60 % 60:02}:{number % 60:02}+00:00",
        status=200, stream=False, seconds=0.1, request=json.dumps(body),
        response=f"Hello {planted(number)}", error=f"not {planted(number)}",
    )  # fmt: skip


def said(number: int, day: str = "2026-03-02") -> Feedback:
    return Feedback(
        id=f"fb-s{number:05}", interaction=f"chatcmpl-s{number:05}", score=1.0, source="user",
        comment=f"thanks, {planted(number)}", created_at=f"{day}T00:00:00+00:00",
    )  # fmt: skip


def texts(numbers: range) -> list[str]:
    return [text for k in numbers for text in (planted(k), person(k))]


def holding(folder: Path, wanted: list[str]) -> set[str]:
    """The files below a folder in whose bytes one of these texts stands."""
    raw = [text.encode() for text in wanted]
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if any(text in data for text in raw):
                found.add(str(path.relative_to(folder)))
    return found
