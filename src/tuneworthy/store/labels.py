"""Items, annotations and leases of labelling queues, over SQL."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.functions import coalesce
from sqlalchemy.sql.functions import max as sql_max

from tuneworthy.core.errors import ConflictProblem, IntegrityProblem
from tuneworthy.core.nouns.labelling import (
    Annotation,
    Judgement,
    KeptAnnotation,
    LabelItem,
    Lease,
    Place,
)
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.store.engine import CHANGE_LOCK, take_lock
from tuneworthy.store.faults import plain
from tuneworthy.store.tables import annotations as kept
from tuneworthy.store.tables import label_items, label_leases

Choose = Callable[[Sequence[Judgement], Sequence[Lease]], str | None]


class SqlLabels:
    """Reads the queues, and hands out items one after another."""

    def __init__(
        self, engine: Engine, reads: Engine, place: str, refuse_nested: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._reads = reads
        self._place = place
        self._refuse_nested = refuse_nested

    def items(self, queue: str) -> list[LabelItem]:
        """Every item, in the order of the source."""
        query = select(label_items.c.body).where(label_items.c.queue == queue)
        with plain(self._place), self._reads.connect() as connection:
            rows = connection.execute(query.order_by(label_items.c.position)).all()
        return [LabelItem.model_validate_json(row.body) for row in rows]

    def item(self, queue: str, id: str) -> LabelItem | None:  # noqa: A002
        """One item, or None."""
        here = (label_items.c.queue == queue, label_items.c.id == id)
        with plain(self._place), self._reads.connect() as connection:
            row = connection.execute(select(label_items.c.body).where(*here)).first()
        return None if row is None else LabelItem.model_validate_json(row.body)

    def places(self, queue: str) -> list[Place]:
        """Every item without its text, in the order of the source."""
        query = select(label_items.c.id, label_items.c.need).where(label_items.c.queue == queue)
        with plain(self._place), self._reads.connect() as connection:
            return [Place(*row) for row in connection.execute(query.order_by("position"))]

    def annotations(self, queue: str) -> list[KeptAnnotation]:
        """Every annotation, oldest first. Raises IntegrityProblem for one that was changed."""
        with plain(self._place), self._reads.connect() as connection:
            rows = _rows(connection, queue)
        return [KeptAnnotation(annotation=_read(row), batch=row.batch) for row in rows]

    def of_item(self, queue: str, item: str) -> list[Annotation]:
        """Every annotation of one item, oldest first."""
        with plain(self._place), self._reads.connect() as connection:
            return [_read(row) for row in _rows(connection, queue, item)]

    def lease(self, asked: Lease, now: str, choose: Choose) -> Lease | None:
        """Hand an item to a person while nobody else leases or changes anything."""
        self._refuse_nested()
        with plain(self._place), self._engine.begin() as connection:
            take_lock(connection, CHANGE_LOCK)
            of_queue = label_leases.c.queue == asked.queue
            connection.execute(delete(label_leases).where(of_queue, label_leases.c.until <= now))
            held = [_lease(row) for row in connection.execute(select(label_leases).where(of_queue))]
            others = [one for one in held if one.person != asked.person]
            own = next((one for one in held if one.person == asked.person), None)
            if own is not None:
                item: str | None = own.item
            else:
                item = choose(_judgements(connection, asked.queue), others)
            if item is None:
                return None
            made = asked.model_copy(update={"item": item})
            mine = (of_queue, label_leases.c.person == asked.person)
            connection.execute(delete(label_leases).where(*mine))
            connection.execute(insert(label_leases).values(made.model_dump()))
            return made

    def release(self, queue: str, person: str) -> None:
        """End a person's lease, if there is one."""
        self._refuse_nested()
        with plain(self._place), self._engine.begin() as connection:
            take_lock(connection, CHANGE_LOCK)
            mine = (label_leases.c.queue == queue, label_leases.c.person == person)
            connection.execute(delete(label_leases).where(*mine))


class SqlLabelChange:
    """The queues inside one transaction, which holds the lock that orders all changes."""

    def __init__(self, connection: Connection, place: str, seq: int) -> None:
        self._connection = connection
        self._place = place
        self._seq = seq

    def add_items(self, queue: str, items: Sequence[LabelItem]) -> None:
        """Fill a new queue."""
        rows = [
            {
                "queue": queue,
                **one.model_dump(include={"id", "position", "need"}),
                "body": _text(one),
            }
            for one in items
        ]
        with plain(self._place):
            self._connection.execute(insert(label_items), rows)

    def of_item(self, queue: str, item: str) -> list[Annotation]:
        """Every annotation of one item, oldest first."""
        with plain(self._place):
            return [_read(row) for row in _rows(self._connection, queue, item)]

    def leases(self, queue: str, item: str, now: str) -> list[Lease]:
        """Who holds an item at this moment."""
        here = (label_leases.c.queue == queue, label_leases.c.item == item)
        query = select(label_leases).where(*here, label_leases.c.until > now)
        with plain(self._place):
            return [_lease(row) for row in self._connection.execute(query.order_by("person"))]

    def annotate(self, batch: str, annotations: Sequence[Annotation]) -> None:
        """Keep annotations; their authors' leases on those items end.

        Raises:
            ConflictProblem: A person has answered one of the items already.
        """
        with plain(self._place):
            start = self._connection.execute(select(coalesce(sql_max(kept.c.position), 0))).scalar()
        rows = [
            {
                **one.model_dump(include={"id", "queue", "item", "person", "guide", "replaces"}),
                "skipped": one.value is None,
                "batch": batch,
                "position": int(start or 0) + 1 + place,
                "body": _text(one),
            }
            for place, one in enumerate(annotations)
        ]
        with plain(self._place):
            try:
                self._connection.execute(insert(kept), rows)
            except IntegrityError as fault:
                raise ConflictProblem(
                    "already_labelled",
                    "One of these items was judged by the same person already.",
                    why="Somebody was faster; nothing of this change was written.",
                    fix="Look at the queue as it is now: tuneworthy label list",
                ) from fault
            self._end_leases(annotations)

    def _end_leases(self, annotations: Sequence[Annotation]) -> None:
        names = {(one.queue, one.item, one.person) for one in annotations}
        for queue in sorted({one.queue for one in annotations}):
            held = self._connection.execute(
                select(label_leases).where(label_leases.c.queue == queue)
            ).all()
            for row in held:
                if (queue, row.item, row.person) in names:
                    mine = (label_leases.c.queue == queue, label_leases.c.person == row.person)
                    self._connection.execute(delete(label_leases).where(*mine))


def _judgements(connection: Connection, queue: str) -> list[Judgement]:
    c = kept.c
    query = select(c.id, c.item, c.person, c.guide, c.replaces, c.skipped).where(c.queue == queue)
    return [Judgement(*row) for row in connection.execute(query.order_by(c.position))]


def _rows(connection: Connection, queue: str, item: str | None = None) -> list[Row[Any]]:
    query = select(kept.c.id, kept.c.batch, kept.c.body).where(kept.c.queue == queue)
    if item is not None:
        query = query.where(kept.c.item == item)
    return list(connection.execute(query.order_by(kept.c.position)))


def _read(row: Row[Any]) -> Annotation:
    found: Annotation | None
    try:
        found = Annotation.model_validate_json(row.body)
    except ValueError:
        found = None
    facts = None if found is None else found.model_dump(mode="json", exclude={"id"})
    if found is None or not found.id == row.id == digest(facts):
        raise IntegrityProblem(
            "annotation_damaged",
            f"The annotation {row.id} is not the one that was given.",
            why="It was changed outside the program, or the disk lost something.",
            fix="Put back a backup; the audit log says when it was written.",
        )
    return found


def _lease(row: Row[Any]) -> Lease:
    return Lease(
        queue=row.queue, person=row.person, item=row.item, guide=row.guide, until=row.until
    )


def _text(noun: LabelItem | Annotation) -> str:
    return canonical(noun).decode()
