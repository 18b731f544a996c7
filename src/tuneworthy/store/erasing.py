"""Taking people's rows out of the ledger, over SQL, and leaving nothing of them in its files."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, select, text, tuple_, update

from tuneworthy.core.ledger_ports import DatedTable, KeptRow, KeptText
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.store.compacting import rewrite
from tuneworthy.store.engine import WAIT_SECONDS
from tuneworthy.store.faults import plain
from tuneworthy.store.own_rows import not_of
from tuneworthy.store.reads import as_bytes
from tuneworthy.store.tables import (
    annotations,
    answers,
    documents,
    feedback,
    interactions,
    label_items,
    label_leases,
    metadata,
    steps,
)

_PAGE = 500
"""Keys in one statement: SQLite takes a bounded number of parameters."""

_TEXTS: tuple[tuple[Table, str], ...] = (
    (documents, "body"),
    (steps, "output"),
    (interactions, "body"),
    (feedback, "body"),
    (label_items, "body"),
    (annotations, "body"),
    (answers, "body"),
)
"""Tables that keep text, and in which column."""


class SqlErase:
    """Deletes rows inside one transaction, which holds the lock that orders all changes."""

    def __init__(
        self, connection: Connection, place: str, written: dict[tuple[str, str], str]
    ) -> None:
        self._connection = connection
        self._place = place
        self._written = written

    def interactions(self, ids: Sequence[str]) -> tuple[int, int]:
        """Delete interactions and every word on them; returns how many of each were there."""
        words = self._delete(feedback, feedback.c.interaction, ids)
        return self._delete(interactions, interactions.c.id, ids), words

    def feedback(self, ids: Sequence[str]) -> int:
        """Delete words on answers."""
        return self._delete(feedback, feedback.c.id, ids)

    def label_items(self, queue: str, items: Sequence[str]) -> int:
        """Delete items of a queue, with whoever holds them; returns how many were there."""
        self._delete(label_leases, label_leases.c.item, items, label_leases.c.queue == queue)
        return self._delete(label_items, label_items.c.id, items, label_items.c.queue == queue)

    def annotations(self, queue: str, ids: Sequence[str], batch: str, rest: str) -> int:
        """Delete annotations of a batch; what is left of it has the digest ``rest`` from now on."""
        here = (annotations.c.queue == queue, annotations.c.batch == batch)
        gone = self._delete(annotations, annotations.c.id, ids, *here)
        with plain(self._place):
            self._connection.execute(update(annotations).where(*here).values(batch=rest))
        return gone

    def answers(self, keys: Sequence[str] | None = None) -> int:
        """Forget what models answered; under these keys, or all of it when None."""
        if keys is not None:
            return self._delete(answers, answers.c.key, keys)
        with plain(self._place):
            return int(self._connection.execute(delete(answers)).rowcount)

    def steps(self, keys: Sequence[str]) -> int:
        """Forget the outputs of steps: they are run anew when next needed."""
        return self._delete(steps, steps.c.key, keys)

    def rewrite(self, kind: str, id: str, body: str) -> None:  # noqa: A002 - the field's own name
        """Put another content (canonical JSON) in place of a noun's."""
        here = (documents.c.kind == kind, documents.c.id == id)
        digest = digest_bytes(body.encode())
        values = {"body": body, "digest": digest, "generation": documents.c.generation + 1}
        with plain(self._place):
            if self._connection.execute(update(documents).where(*here).values(values)).rowcount:
                self._written[kind, id] = digest

    def _delete(self, table: Table, column: Any, ids: Sequence[str], *where: Any) -> int:
        gone = 0
        with plain(self._place):
            for start in range(0, len(ids), _PAGE):
                some = column.in_(ids[start : start + _PAGE])
                gone += self._connection.execute(delete(table).where(some, *where)).rowcount
        return gone


def texts(reads: Engine, place: str) -> Iterator[KeptText]:
    """Every text that the ledger keeps, table by table, a page at a time."""
    for table, name in _TEXTS:
        keys = list(table.primary_key.columns)
        query = select(*keys, table.c[name]).order_by(*keys).limit(_PAGE)
        page = None
        while page is None or len(page) == _PAGE:
            after = query if page is None else query.where(tuple_(*keys) > tuple(page[-1])[:-1])
            with plain(place), reads.connect() as connection:
                page = connection.execute(after).all()
            for row in page:
                yield KeptText(table.name, tuple(row[:-1]), row[-1])


def rows(reads: Engine, place: str) -> Iterator[KeptRow]:
    """Every noun as it stands, a page at a time."""
    here, start = (documents.c.kind, documents.c.id), ("", "")
    page = None
    while page is None or len(page) == _PAGE:
        query = select(documents).where(tuple_(*here) > start).order_by(*here).limit(_PAGE)
        with plain(place), reads.connect() as connection:
            page = connection.execute(query).all()
        for row in page:
            start = (row.kind, row.id)
            at = (row.created_seq, row.created_rank)
            yield KeptRow(*start, as_bytes(row.body), row.digest, at)


def older(
    reads: Engine, place: str, table: DatedTable, before: str, others: Sequence[str]
) -> list[str]:
    """Keys of rows that were made before an ISO stamp, oldest first; all of them if empty.

    Without recorded traffic of ``others``, which are routes (``not_of``).
    """
    dated = metadata.tables[table]
    (key,) = dated.primary_key.columns
    query = select(key).where(*not_of(dated, others)).order_by(dated.c.created_at, key)
    if before:
        query = query.where(dated.c.created_at < before)
    with plain(place), reads.connect() as connection:
        return [str(row[0]) for row in connection.execute(query)]


def oldest(reads: Engine, place: str, table: DatedTable, others: Sequence[str]) -> str:
    """The stamp of the oldest of such rows; empty when there is none."""
    dated = metadata.tables[table]
    stamp = dated.c.created_at
    query = select(stamp).where(*not_of(dated, others)).order_by(stamp).limit(1)
    with plain(place), reads.connect() as connection:
        return str(connection.execute(query).scalar() or "")


def compact(engine: Engine, place: str) -> bool:
    """Write the database anew, so that nothing deleted is left in its pages or its log.

    Returns False when somebody else was using it.
    """
    if not rewrite(engine, place, metadata):
        return False
    if engine.dialect.name == "postgresql":
        with plain(place), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as free:
            free.execute(text(f"SET lock_timeout = '{WAIT_SECONDS}s'"))
            _forget_statistics(free)
            free.execute(text("VACUUM FULL pg_catalog.pg_statistic"))
    return True


def _forget_statistics(free: Connection) -> None:
    """Have PostgreSQL forget what it has noted of the texts in order to plan, and note no more.

    It keeps whole values of a sample of the rows. ANALYZE leaves them where a table is empty now; a
    column that is given its type again loses them, and its rows are not written anew for that.
    """
    for table, name in _TEXTS:
        kind = table.c[name].type.compile(free.dialect)
        column = f"ALTER TABLE {table.name} ALTER COLUMN {name}"
        free.execute(text(f"{column} TYPE {kind}"))
        free.execute(text(f"{column} SET STATISTICS 0"))
