"""Sessions, tickets and failed tries, over SQL.

Only digests of secrets are in the rows. They are short-lived and no part of the record: beginning
and end of a session stand in the audit chain.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from tuneworthy.core.nouns.account import Session, Ticket, Tries
from tuneworthy.store.engine import CHANGE_LOCK, take_lock
from tuneworthy.store.faults import plain
from tuneworthy.store.tables import sessions, tickets, tries

NONE = Tries(count=0, last="")


class SqlAccountChange:
    """Sessions and tickets inside one transaction, which holds the lock that orders all changes."""

    def __init__(self, connection: Connection, place: str) -> None:
        self._connection = connection
        self._place = place

    def add_session(self, session: Session) -> None:
        """Keep a new session; those that have ended by the clock are forgotten."""
        with plain(self._place):
            over = sessions.c.ends_at <= session.made_at
            self._connection.execute(delete(sessions).where(over))
            self._connection.execute(insert(sessions).values(session.model_dump()))

    def end_session(self, project: str, id: str) -> bool:  # noqa: A002
        """Forget a session; False when there was none."""
        here = (sessions.c.project == project, sessions.c.id == id)
        with plain(self._place):
            return self._connection.execute(delete(sessions).where(*here)).rowcount > 0

    def end_sessions(self, project: str, person: str) -> int:
        """Forget every session of a person; returns how many there were."""
        here = (sessions.c.project == project, sessions.c.person == person)
        with plain(self._place):
            return int(self._connection.execute(delete(sessions).where(*here)).rowcount)

    def add_ticket(self, ticket: Ticket, now: str) -> None:
        """Keep a ticket; those that have run out are forgotten."""
        with plain(self._place):
            self._connection.execute(delete(tickets).where(tickets.c.until <= now))
            self._connection.execute(insert(tickets).values(ticket.model_dump()))

    def take_ticket(self, digest: str, kind: str, project: str, now: str) -> Ticket | None:
        """Use a ticket up: of all who come with it, one gets it. None when it is no good."""
        here = (tickets.c.digest == digest, tickets.c.kind == kind, tickets.c.project == project)
        taken = delete(tickets).where(*here, tickets.c.until > now).returning(tickets)
        with plain(self._place):
            row = self._connection.execute(taken).first()
        return None if row is None else Ticket.model_validate(row._asdict())


class SqlAccounts:
    """Reads sessions and counts tries. Threads and processes may share the tables."""

    def __init__(
        self, engine: Engine, reads: Engine, place: str, refuse_nested: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._reads = reads
        self._place = place
        self._refuse_nested = refuse_nested

    def session(self, project: str, digest: str) -> Session | None:
        """The session of a token's digest, whether it has run out or not."""
        here = (sessions.c.project == project, sessions.c.digest == digest)
        with plain(self._place), self._reads.connect() as connection:
            row = connection.execute(select(sessions).where(*here)).first()
        return None if row is None else _session(row)

    def sessions(self, project: str) -> list[Session]:
        """Every session that is kept, newest first."""
        query = select(sessions).where(sessions.c.project == project)
        with plain(self._place), self._reads.connect() as connection:
            rows = connection.execute(query.order_by(sessions.c.made_at.desc(), sessions.c.id))
            return [_session(row) for row in rows]

    def see(self, id: str, now: str) -> None:  # noqa: A002
        """Write down that a session was used."""
        self._refuse_nested()
        seen = update(sessions).where(sessions.c.id == id, sessions.c.seen_at < now)
        with plain(self._place), self._engine.begin() as connection:
            connection.execute(seen.values(seen_at=now))

    def keep_ticket(self, ticket: Ticket, now: str) -> None:
        """Keep a ticket that no audit event tells of: anybody may ask for one."""
        self._refuse_nested()
        with plain(self._place), self._engine.begin() as connection:
            take_lock(connection, CHANGE_LOCK)
            SqlAccountChange(connection, self._place).add_ticket(ticket, now)

    def take_ticket(self, digest: str, kind: str, project: str, now: str) -> Ticket | None:
        """Use a ticket up that no audit event tells of."""
        self._refuse_nested()
        with plain(self._place), self._engine.begin() as connection:
            take_lock(connection, CHANGE_LOCK)
            change = SqlAccountChange(connection, self._place)
            return change.take_ticket(digest, kind, project, now)

    def count_try(
        self, wait: Mapping[str, Callable[[Tries], float]], now: str, forget: str, stay: int
    ) -> float:
        """Count one try under every key at once, unless one of them must wait still."""
        self._refuse_nested()
        with plain(self._place), self._engine.begin() as connection:
            take_lock(connection, CHANGE_LOCK)
            connection.execute(delete(tries).where(tries.c.last < forget, tries.c.count < stay))
            known = {row.key: row for row in connection.execute(_of(wait))}
            counted = {
                key: Tries(count=known[key].count, last=known[key].last) if key in known else NONE
                for key in wait
            }
            longest = max((wait[key](before) for key, before in counted.items()), default=0.0)
            if longest > 0:
                return longest
            for key, before in counted.items():
                row = {"count": before.count + 1, "last": now}
                if key in known:
                    connection.execute(update(tries).where(tries.c.key == key).values(row))
                else:
                    connection.execute(insert(tries).values(key=key, **row))
        return 0.0

    def settle(self, right: str, also: Sequence[str] = ()) -> None:
        """After a try that was right: forget every count of one key, and this one try of others."""
        self._refuse_nested()
        given_back = update(tries).where(tries.c.key.in_(sorted(also)), tries.c.count > 0)
        with plain(self._place), self._engine.begin() as connection:
            take_lock(connection, CHANGE_LOCK)
            connection.execute(delete(tries).where(tries.c.key == right))
            connection.execute(given_back.values(count=tries.c.count - 1))


def _of(keys: Mapping[str, Any]) -> Any:
    return select(tries).where(tries.c.key.in_(sorted(keys)))


def _session(row: Row[Any]) -> Session:
    return Session.model_validate(row._asdict())
