"""The part of the ledger that says who is signed in; short-lived, and no part of the record."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tuneworthy.core.nouns.account import Session, Ticket, Tries


class AccountChange(Protocol):
    """What a transaction may do with sessions and tickets; its audit event tells of it."""

    def add_session(self, session: Session) -> None:
        """Keep a new session; those that have ended by the clock are forgotten."""
        ...

    def end_session(self, project: str, id: str) -> bool:  # noqa: A002
        """Forget a session; False when there was none."""
        ...

    def end_sessions(self, project: str, person: str) -> int:
        """Forget every session of a person; returns how many there were."""
        ...

    def add_ticket(self, ticket: Ticket, now: str) -> None:
        """Keep a ticket; those that have run out are forgotten."""
        ...

    def take_ticket(self, digest: str, kind: str, project: str, now: str) -> Ticket | None:
        """Use a ticket up: of all who come with it, one gets it. None when it is no good."""
        ...


class AccountRows(Protocol):
    """Reads sessions, and counts what is no part of the record."""

    def session(self, project: str, digest: str) -> Session | None:
        """The session of a token's digest, whether it has run out or not."""
        ...

    def sessions(self, project: str) -> list[Session]:
        """Every session that is kept, newest first."""
        ...

    def see(self, id: str, now: str) -> None:  # noqa: A002
        """Write down that a session was used."""
        ...

    def keep_ticket(self, ticket: Ticket, now: str) -> None:
        """Keep a ticket that no audit event tells of: anybody may ask for one."""
        ...

    def take_ticket(self, digest: str, kind: str, project: str, now: str) -> Ticket | None:
        """Use a ticket up that no audit event tells of."""
        ...

    def count_try(
        self, wait: Mapping[str, Callable[[Tries], float]], now: str, forget: str, stay: int
    ) -> float:
        """Count one try under every key at once, unless one of them must wait still.

        Args:
            wait: To each key how many seconds it must wait after what was counted so far.
            now: The present moment, ISO.
            forget: Counts whose last try is older than this stamp are forgotten.
            stay: Counts that have come to this number are not.

        Returns:
            Seconds to wait; 0 when the try may be made. It is counted then, under every key.
        """
        ...

    def settle(self, right: str, also: Sequence[str] = ()) -> None:
        """After a try that was right: forget every count of one key, and this one try of others."""
        ...
