"""Who signs while a verb runs: a key file, or a passkey that a person holds somewhere else.

With a key file a verb signs in the middle. A passkey is in a browser, so the verb is run twice:
once as far as the statement, and again with the signature over it. In between nothing is kept; the
second run makes the same statement anew, for the moment of the first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol

from tuneworthy.core.nouns.people import Person
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.signing import Signer


class Hand(Protocol):
    """Signs in the place of a key file, for one moment."""

    moment: datetime

    def signer(self, runtime: Runtime, person: Person) -> Signer:
        """What signs for this person."""
        ...


_hand: ContextVar[Hand | None] = ContextVar("tuneworthy_hand", default=None)


@contextmanager
def lent(hand: Hand) -> Iterator[None]:
    """Let this hand sign until the end of the block."""
    token = _hand.set(hand)
    try:
        yield
    finally:
        _hand.reset(token)


def current() -> Hand | None:
    """The hand that signs now; None where key files do."""
    return _hand.get()


def moment(runtime: Runtime) -> datetime:
    """The moment that a signed statement is dated with."""
    hand = current()
    return hand.moment if hand else runtime.clock.now()


def stamp(runtime: Runtime) -> str:
    """The same as an ISO stamp."""
    return moment(runtime).isoformat(timespec="milliseconds")


def dated() -> dict[str, str]:
    """The date of statements that have none with a key file: a passkey signs nothing twice."""
    hand = current()
    return {"created_at": hand.moment.isoformat(timespec="milliseconds")} if hand else {}


def method() -> str:
    """How a person signs, for the audit log."""
    return "passkey" if current() else "ed25519"
