"""Taking texts of erased people out of the book of jobs that DBOS keeps."""

from pathlib import Path
from typing import Any

from tuneworthy.adapters.durable import driver_url
from tuneworthy.methods.needles import Needles

_UNFINISHED = frozenset({"PENDING", "ENQUEUED", "DELAYED"})
_BY = "workflow_uuid"


def forget_jobs(url: str, needles: Needles, *, look_only: bool = False) -> int:
    """Delete the finished jobs whose inputs, steps or results hold one of the texts.

    What they made is kept elsewhere, and a job is begun anew where it is asked for again. One that
    is under way stays. With ``look_only`` they are counted alone.

    Returns how many there were.
    """
    from sqlalchemy import MetaData, create_engine, inspect, text  # noqa: PLC0415

    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return 0
    postgres = not url.startswith("sqlite")
    engine = create_engine(driver_url(url))
    schema = "dbos" if postgres else None
    try:
        if not inspect(engine).has_table("workflow_status", schema=schema):
            return 0
        book = MetaData(schema=schema)
        book.reflect(engine)
        tables = [table for table in book.sorted_tables if _BY in table.c]
        with engine.begin() as connection:
            held: set[Any] = set()
            under_way: set[Any] = set()
            for table in tables:
                for row in connection.execute(table.select()).mappings():
                    if needles.hit("\n".join(map(str, row.values())).encode("utf-8", "replace")):
                        held.add(row[_BY])
                    if row.get("status") in _UNFINISHED:
                        under_way.add(row[_BY])
            gone = held - under_way
            for table in reversed(tables) if not look_only else ():
                connection.execute(table.delete().where(table.c[_BY].in_(gone)))
        if gone and not look_only:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as free:
                free.execute(text("VACUUM FULL" if postgres else "VACUUM"))
                if not postgres:
                    free.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    finally:
        engine.dispose()
    return len(gone)
