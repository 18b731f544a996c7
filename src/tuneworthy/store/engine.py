"""How a database is reached: URLs, connections, and the one lock that orders changes."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tuneworthy.core.errors import StoreProblem

WAIT_SECONDS = 30
"""How long a change waits for another one before it gives up."""

CHANGE_LOCK = 0x7475_6E65_0001
"""Advisory lock of PostgreSQL that every change holds: changes happen one after another."""

MIGRATE_LOCK = 0x7475_6E65_0002
"""Advisory lock of PostgreSQL that the one who migrates holds."""


def connect(url: str) -> Engine:
    """An engine for a SQLite file or a PostgreSQL database; nothing is opened yet.

    Raises:
        StoreProblem: The URL is neither, or the PostgreSQL driver is not installed.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    try:
        engine = create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ModuleNotFoundError as fault:
        raise StoreProblem(
            "store_driver_missing",
            "the PostgreSQL driver is not installed",
            why=str(fault),
            fix="pip install 'tuneworthy[postgres]'",
        ) from fault

    return engine


def take_lock(connection: Connection, key: int) -> None:
    """Wait until no other transaction holds ``key``; it is given back when this one ends.

    A write transaction of SQLite holds the file's one write lock already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def name_of(url: str) -> str:
    """The store's place for messages, without a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return "store"
    return parsed.database or "store" if parsed.host is None else f"{parsed.host}/{parsed.database}"


def _parse(url: str) -> URL:
    fix = "use sqlite:///path/to/file.db or postgresql://user@host/database"
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
            return parsed.set(drivername="postgresql+psycopg")
        if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
            if parsed.database in (None, "", ":memory:"):
                raise StoreProblem("store_url_wrong", "the store needs a file", fix=fix)
            return parsed
    except (ArgumentError, NoSuchModuleError) as fault:
        raise StoreProblem("store_url_wrong", "the store's URL cannot be read", fix=fix) from fault
    raise StoreProblem(
        "store_url_wrong", f"no store can be opened with {parsed.drivername}://", fix=fix
    )


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Requests and answers may hold personal data: the file is its owner's alone.
    path.touch(mode=0o600, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself; `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten in its page, whatever this SQLite was built with.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A change takes the write lock at once: upgrading a read lock later could fail half-way.
        reads = connection.get_execution_options().get("tuneworthy_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _use_write_ahead_log(cursor: Any) -> None:
    """Switch the file to WAL; SQLite's own waiting for a lock does not cover the switch."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)
