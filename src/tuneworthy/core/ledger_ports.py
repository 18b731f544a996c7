"""The parts of the ledger that are no nouns: labels, remembered answers, what may be erased."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from tuneworthy.core.nouns.labelling import (
    Annotation,
    Judgement,
    KeptAnnotation,
    LabelItem,
    Lease,
    Place,
)

DatedTable = Literal["interactions", "feedback", "answers", "steps"]
"""Tables whose rows say when they were made, and nothing else rests on."""


class ErasedRows(Protocol):
    """What a transaction may take out of the ledger; the audit chain itself only grows."""

    def interactions(self, ids: Sequence[str]) -> tuple[int, int]:
        """Delete interactions and every word on them; returns how many of each were there."""
        ...

    def feedback(self, ids: Sequence[str]) -> int:
        """Delete words on answers."""
        ...

    def label_items(self, queue: str, items: Sequence[str]) -> int:
        """Delete items of a queue, with whoever holds them; returns how many were there."""
        ...

    def annotations(self, queue: str, ids: Sequence[str], batch: str, rest: str) -> int:
        """Delete annotations of a batch; what is left of it has the digest ``rest`` from now on."""
        ...

    def answers(self, keys: Sequence[str] | None = None) -> int:
        """Forget what models answered; under these keys, or all of it when None."""
        ...

    def steps(self, keys: Sequence[str]) -> int:
        """Forget the outputs of steps: they are run anew when next needed."""
        ...

    def rewrite(self, kind: str, id: str, body: str) -> None:  # noqa: A002
        """Put another content (canonical JSON) in place of a noun's."""
        ...


class KeptRow(NamedTuple):
    """A noun as it stands: its bytes, the digest beside them, and its place in every listing.

    ``place`` is the number of the audit event that created it, and which of that event's new rows
    it was.
    """

    kind: str
    id: str
    body: bytes
    digest: str
    place: tuple[int, int]


class KeptText(NamedTuple):
    """A text that the ledger keeps: which table, under which key, and what it says."""

    table: str
    key: tuple[str, ...]
    body: str


class LabelChange(Protocol):
    """What a transaction may do with labelling queues. It sees what it has written itself."""

    def add_items(self, queue: str, items: Sequence[LabelItem]) -> None:
        """Fill a new queue."""
        ...

    def of_item(self, queue: str, item: str) -> list[Annotation]:
        """Every annotation of one item, oldest first."""
        ...

    def leases(self, queue: str, item: str, now: str) -> list[Lease]:
        """Who holds an item at this moment (ISO stamp)."""
        ...

    def annotate(self, batch: str, annotations: Sequence[Annotation]) -> None:
        """Keep annotations; their authors' leases on those items end. Raises ConflictProblem."""
        ...


class LabelRows(Protocol):
    """Items, annotations and leases of labelling queues."""

    def items(self, queue: str) -> list[LabelItem]:
        """Every item, in the order of the source."""
        ...

    def item(self, queue: str, id: str) -> LabelItem | None:  # noqa: A002
        """One item, or None."""
        ...

    def places(self, queue: str) -> list[Place]:
        """Every item without its text, in the order of the source."""
        ...

    def annotations(self, queue: str) -> list[KeptAnnotation]:
        """Every annotation, oldest first. Raises IntegrityProblem for one that was changed."""
        ...

    def of_item(self, queue: str, item: str) -> list[Annotation]:
        """Every annotation of one item, oldest first."""
        ...

    def lease(
        self,
        asked: Lease,
        now: str,
        choose: Callable[[Sequence[Judgement], Sequence[Lease]], str | None],
    ) -> Lease | None:
        """Hand an item to a person, alone: no other lease or change happens meanwhile.

        A lease that the person holds already is renewed under ``asked.guide``.

        Args:
            asked: The lease to make; its item is ignored.
            now: Leases that ended before this ISO stamp are gone.
            choose: Picks the item from everything judged in the queue and the others' leases;
                None when there is nothing left.
        """
        ...

    def release(self, queue: str, person: str) -> None:
        """End a person's lease, if there is one."""
        ...


class AnswerRows(Protocol):
    """Models' answers, each under the digest of all that decides it. No part of the record."""

    def known(self, keys: Sequence[str]) -> dict[str, str]:
        """The answers that are here; one whose bytes were changed since counts as not here."""
        ...

    def keep(self, answers: Mapping[str, str]) -> None:
        """Write answers down at once; the newest one under a key stands."""
        ...
