"""Writing a database anew, so that nothing deleted is left in its pages or its log."""

import sqlite3

from sqlalchemy import Engine, MetaData, text

from tuneworthy.core.errors import StoreProblem
from tuneworthy.store.engine import WAIT_SECONDS
from tuneworthy.store.faults import plain


def rewrite(engine: Engine, place: str, tables: MetaData) -> bool:
    """Write these tables anew; of SQLite, the whole file. False when somebody was using it."""
    if engine.dialect.name == "sqlite":
        return _rewrite_file(engine, place)
    with plain(place), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as free:
        free.execute(text(f"SET lock_timeout = '{WAIT_SECONDS}s'"))
        for table in tables.sorted_tables:
            free.execute(text(f"VACUUM FULL {table.name}"))
    return True


def _rewrite_file(engine: Engine, place: str) -> bool:
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as fault:
        if "locked" in str(fault):
            return False
        raise StoreProblem(
            "not_compacted",
            f"{place}: the database cannot be written anew",
            why=str(fault),
            fix="free as much space as the file takes, then run the same command again",
        ) from fault
    finally:
        raw.close()
    return not busy
