"""The ring of keys under which recorded traffic is sealed, in a database of its own.

A key is looked up by whom it is for: an opaque id of a person, or a day for traffic that names
nobody. It is durable before it is given out. A destroyed key is overwritten and deleted, and only
its random name stays, so that a row under it is told from one whose key was lost.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.functions import count

from tuneworthy.core.errors import StoreProblem
from tuneworthy.core.nouns.sealing import DataKey, IdleKey
from tuneworthy.methods.sealing import KEY_BYTES
from tuneworthy.store.compacting import rewrite
from tuneworthy.store.engine import connect, name_of, take_lock
from tuneworthy.store.faults import plain
from tuneworthy.store.ring_tables import FORM, data_keys, destroyed_keys, metadata, ring

_LOCK = 0x7475_6E65_0003
"""Advisory lock of PostgreSQL that whoever makes or destroys keys holds."""
_SOME = 500
_NAME_BYTES = 12


class SqlSubjectKeys:
    """A ring of keys in a SQLite file or a PostgreSQL database.

    Nothing is made before ``make``: a ring that is not where it was must be noticed.

    Args:
        url: Where it lies.
        refer: The opaque id of a person's name.
        place: What people call the place; the database by default.
        first_lookup: What a ring that is made gets as its ``lookup``; a new key where that is
            empty.
    """

    def __init__(
        self,
        url: str,
        refer: Callable[[str], str],
        place: str = "",
        first_lookup: Callable[[], bytes] = bytes,
    ) -> None:
        self.place = place or name_of(url)
        self._url = url
        self._refer = refer
        self._first_lookup = first_lookup
        self._opened: Engine | None = None
        self._is_there = False
        self._lookup = b""

    @property
    def on_server(self) -> bool:
        """Whether it lies in a database that keeps a log of its own."""
        return not self._url.startswith("sqlite")

    # -- the ring itself --------------------------------------------------------------------

    def found(self) -> str:
        """The id of the ring that lies there; empty when none does."""
        engine = self._there()
        if engine is None:
            return ""
        with plain(self.place), _reading(engine) as connection:
            if not engine.dialect.has_table(connection, ring.name):
                return ""
            row = connection.execute(select(ring.c.id, ring.c.form)).first()
        if row is not None and row.form != FORM:
            raise StoreProblem(
                "keys_newer",
                f"{self.place}: the keys were written by a newer release (form {row.form})",
                why=f"this release knows form {FORM}",
                fix="pip install --upgrade tuneworthy",
            )
        self._is_there = row is not None
        return "" if row is None else str(row.id)

    def make(self) -> str:
        """The id of the ring, which is made if none is there; of two who make one, one wins."""
        lookup = self._first_lookup() or secrets.token_bytes(KEY_BYTES)
        with plain(self.place), self._made().begin() as connection:
            take_lock(connection, _LOCK)
            metadata.create_all(connection)
            if connection.dialect.name == "postgresql":
                # PostgreSQL would keep samples of the keys to plan by.
                connection.exec_driver_sql(
                    f"ALTER TABLE {data_keys.name} ALTER COLUMN secret SET STATISTICS 0"
                )
            first = _dialect(connection).insert(ring).values(
                one=1, id=secrets.token_hex(_NAME_BYTES), form=FORM, epoch=0,
                lookup=lookup,
            )  # fmt: skip
            connection.execute(first.on_conflict_do_nothing())
            return str(connection.execute(select(ring.c.id)).scalar_one())

    def lookup(self) -> bytes:
        """The key under which people's opaque ids are made, where several machines share it.

        Empty while there is no ring.
        """
        if not self._lookup:
            self._lookup = bytes(self._scalar(select(ring.c.lookup)) or b"")
        return self._lookup

    def epoch(self) -> int:
        """A number that grows whenever keys are destroyed."""
        return int(self._scalar(select(ring.c.epoch)))

    def count(self) -> int:
        """How many keys there are."""
        return int(self._scalar(select(count()).select_from(data_keys)))

    # -- keys -------------------------------------------------------------------------------

    def key_for(self, subject: str, day: str) -> DataKey:
        """The key for a person, or for a day when nobody is named; made when there is none.

        Args:
            subject: The name; empty for nobody.
            day: The day that rows are sealed of, ISO; the key is not idle from then on.
        """
        ref = self._refer(subject) if subject else f"day {day}"
        with plain(self.place), self._made().begin() as connection:
            fresh = _dialect(connection).insert(data_keys).values(
                id=secrets.token_hex(_NAME_BYTES), ref=ref, secret=secrets.token_bytes(KEY_BYTES),
                used_on=day,
            )  # fmt: skip
            connection.execute(fresh.on_conflict_do_nothing(index_elements=[data_keys.c.ref]))
            here = data_keys.c.ref == ref
            later = update(data_keys).where(here, data_keys.c.used_on < day).values(used_on=day)
            connection.execute(later)
            # Held until the end, so that nobody destroys it in between.
            row = connection.execute(select(data_keys).where(here).with_for_update()).first()
        if row is None:  # destroyed since the first statement
            return self.key_for(subject, day)
        return DataKey(row.id, bytes(row.secret))

    def secrets_of(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Those of these keys that are there."""
        found = {}
        for some in _groups(ids):
            query = select(data_keys.c.id, data_keys.c.secret).where(data_keys.c.id.in_(some))
            found.update({row.id: bytes(row.secret) for row in self._rows(query)})
        return found

    def ids(self) -> frozenset[str]:
        """The names of all keys that are there."""
        return frozenset(row.id for row in self._rows(select(data_keys.c.id)))

    def destroyed(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these keys that were destroyed."""
        found: set[str] = set()
        for some in _groups(ids):
            query = select(destroyed_keys.c.id).where(destroyed_keys.c.id.in_(some))
            found.update(row.id for row in self._rows(query))
        return frozenset(found)

    def of(self, subjects: Iterable[str]) -> frozenset[str]:
        """The names of the keys of these people."""
        found: set[str] = set()
        for some in _groups(map(self._refer, subjects)):
            query = select(data_keys.c.id).where(data_keys.c.ref.in_(some))
            found.update(row.id for row in self._rows(query))
        return frozenset(found)

    def idle(self, before: str) -> list[IdleKey]:
        """Keys that sealed no row of this day (ISO) or a later one."""
        columns = (data_keys.c.id, data_keys.c.ref, data_keys.c.used_on)
        query = select(*columns).where(data_keys.c.used_on < before).order_by(data_keys.c.id)
        return [IdleKey(row.id, row.ref, row.used_on) for row in self._rows(query)]

    def destroy(self, ids: Iterable[str], before: str = "") -> int:
        """Overwrite and delete keys; returns how many there were.

        Args:
            ids: Their names.
            before: Only those that sealed no row of this day (ISO) or a later one.
        """
        gone = 0
        for some in _groups(ids) if self.found() else ():
            with plain(self.place), self._made().begin() as connection:
                gone += _destroy(connection, some, before)
        return gone

    def give_up(self, ids: Iterable[str]) -> None:
        """Count keys that are lost as destroyed."""
        for some in _groups(ids):
            with plain(self.place), self._made().begin() as connection:
                _bury(connection, some)

    def compact(self) -> bool:
        """Write the file anew, so that no destroyed key is left in it; False when it was in use."""
        return not self.found() or rewrite(self._made(), self.place, metadata)

    def close(self) -> None:
        """Release connections."""
        if self._opened is not None:
            self._opened.dispose()

    # -- inside -----------------------------------------------------------------------------

    def _made(self) -> Engine:
        if self._opened is None:
            with plain(self.place):
                self._opened = connect(self._url)
        return self._opened

    def _there(self) -> Engine | None:
        """The same, but a file that is not there is not made."""
        if self._opened is None and self._url.startswith("sqlite"):
            path = make_url(self._url).database
            if path and not Path(path).exists():
                return None
        return self._made()

    def _rows(self, query: Any) -> Sequence[Any]:
        if not self._is_there and not self.found():
            return ()
        with plain(self.place), _reading(self._made()) as connection:
            return connection.execute(query).all()

    def _scalar(self, query: Any) -> Any:
        rows = self._rows(query)
        return rows[0][0] if rows else 0


def _reading(engine: Engine) -> Connection:
    return engine.execution_options(tuneworthy_reads=True).connect()


def _dialect(connection: Connection) -> Any:
    return postgresql if connection.dialect.name == "postgresql" else sqlite


def _destroy(connection: Connection, ids: list[str], before: str) -> int:
    take_lock(connection, _LOCK)
    which = [data_keys.c.id.in_(ids), *([data_keys.c.used_on < before] if before else [])]
    held = select(data_keys.c.id).where(*which).with_for_update()
    found = [row.id for row in connection.execute(held)]
    if not found:
        return 0
    these = data_keys.c.id.in_(found)
    overwritten = secrets.token_bytes(KEY_BYTES)
    connection.execute(update(data_keys).where(these).values(secret=overwritten))
    gone = connection.execute(delete(data_keys).where(these)).rowcount
    _bury(connection, found)
    connection.execute(update(ring).values(epoch=ring.c.epoch + 1))
    return int(gone)


def _bury(connection: Connection, ids: list[str]) -> None:
    stones = _dialect(connection).insert(destroyed_keys).on_conflict_do_nothing()
    connection.execute(stones, [{"id": id_} for id_ in ids])


def _groups(ids: Iterable[str]) -> Iterable[list[str]]:
    """Names in lists of a length that a statement takes as parameters."""
    some = sorted(set(ids))
    return (some[at : at + _SOME] for at in range(0, len(some), _SOME))
