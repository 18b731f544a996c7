"""Which of several processes on one job database is alive: each holds a numbered seat.

A seat is a lock that the operating system or PostgreSQL takes back when its holder dies, however
it dies. So a running job whose seat is free was left behind, and may be taken over.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol
from zlib import crc32

import psycopg
from sqlalchemy import make_url

_CLASS = 0x7475_6E65
"""Mixed into the first half of the two-part advisory locks that are seats in PostgreSQL."""


class Seats(Protocol):
    """Takes and gives back seats."""

    def take(self, number: int) -> bool:
        """Take this seat if it is free."""
        ...

    def give_back(self, number: int) -> None:
        """Leave this seat."""
        ...

    def close(self) -> None:
        """Leave all seats."""
        ...


class FileSeats:
    """Seats as locked files beside a SQLite database."""

    def __init__(self, database: Path, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._held: dict[int, int] = {}

    def take(self, number: int) -> bool:
        """Take this seat if it is free."""
        path = self._database.with_name(f"{self._database.name}.{self._owner}.seat-{number}")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._held[number] = handle
        return True

    def give_back(self, number: int) -> None:
        """Leave this seat."""
        os.close(self._held.pop(number))

    def close(self) -> None:
        """Leave all seats."""
        for number in list(self._held):
            self.give_back(number)


class PostgresSeats:
    """Seats as advisory locks of one connection that stays open."""

    def __init__(self, url: str, owner: str) -> None:
        # The first half of a two-part lock is a signed number of 32 bits.
        self._class = (crc32(owner.encode()) ^ _CLASS) - 2**31
        plain = make_url(url).set(drivername="postgresql")
        self._connection = psycopg.connect(
            plain.render_as_string(hide_password=False), autocommit=True, connect_timeout=10
        )
        self._held: set[int] = set()

    def take(self, number: int) -> bool:
        """Take this seat if it is free."""
        # The same session would be given its own lock again.
        if number in self._held:
            return False
        row = self._connection.execute(
            "SELECT pg_try_advisory_lock(%s, %s)", (self._class, number)
        ).fetchone()
        taken = row is not None and bool(row[0])
        if taken:
            self._held.add(number)
        return taken

    def give_back(self, number: int) -> None:
        """Leave this seat."""
        self._held.discard(number)
        self._connection.execute("SELECT pg_advisory_unlock(%s, %s)", (self._class, number))

    def close(self) -> None:
        """Leave all seats."""
        self._connection.close()


def seats_of(url: str, owner: str) -> Seats:
    """An owner's seats in a job database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return FileSeats(Path(parsed.database or ""), owner)
    return PostgresSeats(url, owner)
