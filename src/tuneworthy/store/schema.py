"""Brings a database to this release's tables, one process at a time."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from tuneworthy.core.errors import StoreProblem
from tuneworthy.store.engine import MIGRATE_LOCK, take_lock
from tuneworthy.store.tables import REVISIONS

VERSION_TABLE = "tuneworthy_schema"


def bring_up_to_date(engine: Engine, place: str) -> None:
    """Run the migrations that are missing.

    Raises:
        StoreProblem: The database was made by a newer release.
    """
    reads = engine.execution_options(tuneworthy_reads=True)
    with reads.begin() as connection:
        if _revision(connection, place) == REVISIONS[-1]:
            return
    with engine.begin() as connection:
        take_lock(connection, MIGRATE_LOCK)
        # Another process may have done it while this one waited for the lock.
        if _revision(connection, place) != REVISIONS[-1]:
            _upgrade(connection)


def _revision(connection: Connection, place: str) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    if found is not None and found not in REVISIONS:
        raise StoreProblem(
            "store_newer",
            f"{place}: the store was made by a newer release (its tables are at {found})",
            why=f"this release knows them up to {REVISIONS[-1]}",
            fix="pip install --upgrade tuneworthy",
        )
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    # Alembic is loaded only when there is something to migrate: it would double the start-up time.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
