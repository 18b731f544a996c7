"""What the database says, in words a person can act on."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tuneworthy.core.errors import StoreProblem

# (what the driver's message holds, code, what happened, what to do)
_SAYINGS = (
    (
        ("database or disk is full", "no space left", "could not extend file"),
        "disk_full",
        "the disk is full, so nothing was written",
        "free some space, then run the same command again",
    ),
    (
        ("database is locked", "database table is locked", "lock timeout", "deadlock detected"),
        "store_busy",
        "another process holds the store and did not let go in time",
        "wait for the other process to finish, or stop it, then try again",
    ),
    (
        ("disk i/o error",),
        "disk_failing",
        "the disk did not take or give what the store asked of it",
        "see whether it is full (df -h) or failing, then run the same command again",
    ),
    (
        ("not a database", "malformed", "file is encrypted"),
        "store_unreadable",
        "the store's file cannot be read as a database",
        "put back the newest backup of the file; keep the damaged one for repair",
    ),
    (
        ("readonly database", "read-only", "permission denied", "insufficient privilege"),
        "store_read_only",
        "the store may be read but not written",
        "give this user the right to write to the file and its folder, or to the database",
    ),
    (
        ("unable to open database file",),
        "store_not_opened",
        "the store's file cannot be opened",
        "check that the folder exists and that this user may write to it",
    ),
    (
        ("append-only",),
        "audit_append_only",
        "the audit log only grows; a record cannot be changed or removed",
        "record a new event that says what was wrong",
    ),
    (
        ("password authentication failed", "no password supplied", 'database "', 'role "'),
        "store_refused",
        "the database server refused this user or does not have this database",
        "check user, password and database name in the store's URL",
    ),
    (
        ("connection", "could not translate host name", "server closed"),
        "store_unreachable",
        "the database server does not answer",
        "check that it runs and that host and port in the store's URL are right",
    ),
)

_SMALLEST = 32_768
"""Bytes of the index of SQLite's write-ahead log, when it is new."""


@contextmanager
def plain(place: str) -> Iterator[None]:
    """Turn a database or disk error inside into a StoreProblem about ``place``."""
    try:
        yield
    except DBAPIError as fault:
        raise from_database(place, str(fault.orig)) from fault
    except SQLAlchemyError as fault:
        raise from_database(place, str(fault)) from fault
    except OSError as fault:
        raise from_disk(place, fault) from fault


def from_database(place: str, said: str) -> StoreProblem:
    """The problem behind a driver's message."""
    why = said.strip().splitlines()[0] if said.strip() else ""
    if "disk i/o error" in said.lower() and _is_full(place):
        # SQLite says no more than this when there is no room for the index of its log.
        said = "database or disk is full"
    for words, code, message, fix in _SAYINGS:
        if any(word in said.lower() for word in words):
            return StoreProblem(code, f"{place}: {message}", why=why, fix=fix)
    return StoreProblem(
        "store_failed",
        f"{place}: the database refused",
        why=why,
        fix="read the cause; nothing was written",
    )


def _is_full(place: str) -> bool:
    """Whether the disk under a database file has less room than SQLite's smallest file takes."""
    folder = Path(place).parent
    return folder.is_dir() and shutil.disk_usage(folder).free < _SMALLEST


def from_disk(place: str, fault: OSError) -> StoreProblem:
    """The problem behind an operating-system error."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        code, message = "disk_full", "the disk is full, so nothing was written"
        fix = "free some space, then run the same command again"
    elif fault.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        code, message = "store_read_only", "this user may not read or write here"
        fix = "give this user the right to read and write there"
    else:
        code, message = "disk_failed", "the disk or the file system refused"
        fix = "read the cause, put it right, then try again"
    return StoreProblem(code, f"{place}: {message}", why=fault.strerror or str(fault), fix=fix)
