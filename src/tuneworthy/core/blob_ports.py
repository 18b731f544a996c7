"""What the stages need of a store of bytes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol


class Lingering(NamedTuple):
    """Bytes of a deleted blob that could not be deleted for good."""

    place: str
    why: str
    until: str = ""
    """The day on which a lock ends that nobody can lift; else empty."""


class Blobs(Protocol):
    """Content-addressed bytes: the name is the sha256 digest of what is inside."""

    def put(self, data: bytes) -> str:
        """Keep bytes; the same bytes twice cost nothing."""
        ...

    def get(self, digest: str) -> bytes:
        """Read back, verified. Raises IntegrityProblem or StoreProblem."""
        ...

    def lines(self, digest: str) -> Iterator[bytes]:
        """Its lines, without their ends, one at a time; verified before the first is given."""
        ...

    def has(self, digest: str) -> bool:
        """Whether the blob is here."""
        ...

    def intact(self, digest: str, *, tree: bool = False) -> bool:
        """Whether the blob, or every file of a kept folder, is here with the bytes of its name."""
        ...

    def put_tree(self, folder: Path) -> str:
        """Keep every file of a folder; the digest is of the sorted path-to-digest table."""
        ...

    def get_tree(self, digest: str, to: Path) -> Path:
        """Write a kept folder to ``to``, verified byte by byte. Raises IntegrityProblem."""
        ...

    def all(self) -> Iterator[str]:
        """The digest of every blob that is here."""
        ...

    def remove(self, digest: str) -> bool:
        """Take a blob away for good, with every version of it; False when it was not here."""
        ...

    def sweep(self) -> Sequence[Lingering]:
        """Delete all that the place still keeps of deleted blobs; what could not be, and why."""
        ...
