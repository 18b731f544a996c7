"""The evidence ledger and the blobs: SQLite or PostgreSQL, local files or object storage.

Importing this room is light; the database library is loaded when a store is opened.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tuneworthy.core.ports import Clock
from tuneworthy.store.snapshot import BLOBS, snapshot

if TYPE_CHECKING:
    from tuneworthy.store.blobs import FsspecBlobs
    from tuneworthy.store.sql import SqlStore
    from tuneworthy.store.subject_keys import SqlSubjectKeys

__all__ = ["BLOBS", "open_blobs", "open_store", "open_subject_keys", "snapshot"]


def open_store(
    url: str,
    clock: Clock,
    policy_version: str = "1",
    keys: "SqlSubjectKeys | None" = None,
    secret: Callable[[], bytes] = bytes,
) -> "SqlStore":
    """Open the ledger, creating or migrating its tables first.

    Args:
        url: ``sqlite:///path/to/file.db`` or ``postgresql://user@host/database``.
        clock: Stamps documents and audit records.
        policy_version: Written into every audit record.
        keys: The ring that recorded traffic is sealed under; without it traffic is kept as it is.
        secret: The key that remembered answers are sealed under; it is not in this database.

    Raises:
        StoreProblem: The database cannot be reached, read or written, or is newer than the program.
    """
    from tuneworthy.store.sql import SqlStore  # noqa: PLC0415 - loads the database library

    return SqlStore(url, clock, policy_version, keys, secret)


def open_blobs(url: str) -> "FsspecBlobs":
    """Open a blob store: a folder's path, or any URL that fsspec knows (``s3://bucket/prefix``).

    Raises:
        StoreProblem: The place cannot be used, or the library for this kind of URL is missing.
    """
    from tuneworthy.store.blobs import FsspecBlobs  # noqa: PLC0415 - loads the file systems

    return FsspecBlobs(url)


def open_subject_keys(
    url: str,
    refer: Callable[[str], str],
    place: str = "",
    first_lookup: Callable[[], bytes] = bytes,
) -> "SqlSubjectKeys":
    """The ring of keys in a database; nothing is opened or made yet.

    Args:
        url: As of ``open_store``, and never the same one.
        refer: The opaque id of a person's name.
        place: What people call the place; the database by default.
        first_lookup: The key of opaque ids that a ring that is made gets; a new one where empty.
    """
    from tuneworthy.store.subject_keys import SqlSubjectKeys  # noqa: PLC0415 - as above

    return SqlSubjectKeys(url, refer, place, first_lookup)
