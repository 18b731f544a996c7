"""Blobs out of which people's rows were taken: read under their old name, without those rows."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tuneworthy.core.blob_ports import Blobs, Lingering
from tuneworthy.core.errors import StoreProblem
from tuneworthy.core.nouns.erasure import Tombstone
from tuneworthy.core.ports import Store
from tuneworthy.lifecycle.audited import objects

BURY = "erasure.bury"
"""The action under which a tombstone enters the ledger; its object is the old digest and the new
one."""

NOTHING = "nothing"
"""What the event says in place of the new digest where nothing was left."""


class ErasedBlobs:
    """A blob store that knows tombstones.

    What was kept under a digest is gone for good; what is left of it stands under another one,
    which is verified like any other. Only a tombstone that the audit chain names is believed.

    Args:
        inner: Where the bytes are.
        store: Opens the ledger; asked only when a blob is not here.
    """

    def __init__(self, inner: Blobs, store: Callable[[], Store]) -> None:
        self._inner = inner
        self._store = store

    def put(self, data: bytes) -> str:
        """Keep bytes; the same bytes twice cost nothing."""
        return self._inner.put(data)

    def get(self, digest: str) -> bytes:
        """Read back, verified; without erased rows where there were such."""
        return self._inner.get(self.standing(digest))

    def lines(self, digest: str) -> Iterator[bytes]:
        """Its lines, without their ends and without erased rows."""
        return self._inner.lines(self.standing(digest))

    def has(self, digest: str) -> bool:
        """Whether these very bytes are here."""
        return self._inner.has(digest)

    def intact(self, digest: str, *, tree: bool = False) -> bool:
        """Whether these very bytes are here, unchanged."""
        return self._inner.intact(digest, tree=tree)

    def put_tree(self, folder: Path) -> str:
        """Keep every file of a folder."""
        return self._inner.put_tree(folder)

    def get_tree(self, digest: str, to: Path) -> Path:
        """Write a kept folder to ``to``, verified byte by byte."""
        return self._inner.get_tree(digest, to)

    def all(self) -> Iterator[str]:
        """The digest of every blob that is here."""
        return self._inner.all()

    def remove(self, digest: str) -> bool:
        """Take a blob away for good; False when it was not here."""
        return self._inner.remove(digest)

    def sweep(self) -> Sequence[Lingering]:
        """Delete all that the place still keeps of deleted blobs; what could not be, and why."""
        return self._inner.sweep()

    def standing(self, digest: str) -> str:
        """The digest under which what is left of a blob stands; its own when nothing was taken.

        Raises StoreProblem when all of it was erased.
        """
        stones = self.stones(digest)
        if not stones:
            return digest
        if not stones[-1].instead:
            raise StoreProblem(
                "blob_erased",
                f"{digest} was erased, with every row in it.",
                why="The people it was about asked for that, or it was kept long enough.",
                fix="tuneworthy erasures list",
            )
        return stones[-1].instead

    def stones(self, digest: str) -> list[Tombstone]:
        """What was taken out of a blob, one time after the other; none where it is as it was."""
        found: list[Tombstone] = []
        seen = {digest}
        while digest and not self._inner.has(digest):
            stone = self._stone(digest)
            if stone is None or stone.instead in seen:
                break
            found.append(stone)
            digest = stone.instead
            seen.add(digest)
        return found

    def _stone(self, digest: str) -> Tombstone | None:
        found = self._store().get(Tombstone, digest)
        if found is None:
            return None
        named = {(one.id, one.digest) for one in objects(self._store(), (BURY,))}
        return found if (digest, found.instead or NOTHING) in named else None
