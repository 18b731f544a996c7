"""What seals recorded traffic, and the ring of keys it is sealed under."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from tuneworthy.core.nouns.sealing import IdleKey


class Sealer(Protocol):
    """Seals rows under the key of whom they are about. Threads may share one.

    ``subject`` is who a request names, empty for nobody; ``stamp`` is the row's ISO stamp.
    """

    def prepared(self, subject: str, stamp: str) -> bool:
        """Whether a row can be sealed at once, without asking the ring of keys."""
        ...

    def prepare(self, subject: str, stamp: str) -> None:
        """Fetch or make the key, durably. Raises StoreProblem or IntegrityProblem."""
        ...

    def prepare_word(self, interaction: str, stamp: str) -> None:
        """The same for a word on an interaction, which is sealed under that one's key."""
        ...

    def interaction(self, row: Mapping[str, Any], subject: str) -> bytes:
        """A SealedInteraction as JSON, of an Interaction's fields."""
        ...

    def word(self, row: Mapping[str, Any]) -> bytes:
        """A SealedFeedback as JSON, of Feedback's fields."""
        ...

    def refresh(self) -> None:
        """Forget keys that were destroyed elsewhere."""
        ...


class SubjectKeys(Protocol):
    """A ring of keys: one for each person, and one for each day's traffic that names nobody."""

    place: str
    """Where it lies, in words."""

    def found(self) -> str:
        """The id of the ring that lies there; empty when none does."""
        ...

    def make(self) -> str:
        """The id of the ring, made if none is there."""
        ...

    def lookup(self) -> bytes:
        """The key under which people's opaque ids are made, where several machines share it."""
        ...

    def of(self, subjects: Iterable[str]) -> frozenset[str]:
        """The names of the keys of these people."""
        ...

    def idle(self, before: str) -> Sequence[IdleKey]:
        """Keys that sealed no row of this day (ISO) or a later one."""
        ...

    def destroy(self, ids: Iterable[str], before: str = "") -> int:
        """Overwrite and delete keys; returns how many there were.

        Args:
            ids: Their names.
            before: Only those that sealed no row of this day (ISO) or a later one.
        """
        ...

    def compact(self) -> bool:
        """Write the ring anew, so that no destroyed key is left in it; False when in use."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
