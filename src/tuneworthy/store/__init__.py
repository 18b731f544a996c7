"""The evidence ledger and the blobs: SQLite or PostgreSQL, local files or object storage.

Importing this room is light; the database library is loaded when a store is opened.
"""

from typing import TYPE_CHECKING

from tuneworthy.core.ports import Clock
from tuneworthy.store.snapshot import BLOBS, snapshot

if TYPE_CHECKING:
    from tuneworthy.store.blobs import FsspecBlobs
    from tuneworthy.store.sql import SqlStore

__all__ = ["BLOBS", "open_blobs", "open_store", "snapshot"]


def open_store(url: str, clock: Clock, policy_version: str = "1") -> "SqlStore":
    """Open the ledger, creating or migrating its tables first.

    Args:
        url: ``sqlite:///path/to/file.db`` or ``postgresql://user@host/database``.
        clock: Stamps documents and audit records.
        policy_version: Written into every audit record.

    Raises:
        StoreProblem: The database cannot be reached, read or written, or is newer than the program.
    """
    from tuneworthy.store.sql import SqlStore  # noqa: PLC0415 - loads the database library

    return SqlStore(url, clock, policy_version)


def open_blobs(url: str) -> "FsspecBlobs":
    """Open a blob store: a folder's path, or any URL that fsspec knows (``s3://bucket/prefix``).

    Raises:
        StoreProblem: The place cannot be used, or the library for this kind of URL is missing.
    """
    from tuneworthy.store.blobs import FsspecBlobs  # noqa: PLC0415 - loads the file systems

    return FsspecBlobs(url)
