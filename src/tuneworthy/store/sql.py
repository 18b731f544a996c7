"""The ledger over SQL: nouns, steps, interactions, and the audit chain in the same transaction."""

import builtins
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import Row, select

from tuneworthy.core.errors import IntegrityProblem, StoreProblem
from tuneworthy.core.ledger_ports import DatedTable, KeptRow, KeptText
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.gate import AuditDraft, AuditRecord
from tuneworthy.core.ports import Clock
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.store import erasing
from tuneworthy.store.accounts import SqlAccounts
from tuneworthy.store.answers import SqlAnswers
from tuneworthy.store.change import SqlChange
from tuneworthy.store.engine import CHANGE_LOCK, WAIT_SECONDS, connect, name_of, take_lock
from tuneworthy.store.faults import from_database, plain
from tuneworthy.store.labels import SqlLabels
from tuneworthy.store.reads import as_bytes, changing
from tuneworthy.store.schema import bring_up_to_date
from tuneworthy.store.sealer import RowSealer
from tuneworthy.store.subject_keys import SqlSubjectKeys
from tuneworthy.store.tables import audit, documents, steps
from tuneworthy.store.traffic import SqlTraffic

N = TypeVar("N", bound=Noun)
B = TypeVar("B", bound=BaseModel)

_PAGE = 500


class SqlStore(SqlTraffic):
    """The evidence ledger in a SQLite file or a PostgreSQL database.

    Changes happen one after another. A change is one transaction: its nouns, its remembered steps
    and its audit record are all written, or none is. Threads may share one store.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        policy_version: str = "1",
        keys: SqlSubjectKeys | None = None,
        secret: Callable[[], bytes] = bytes,
    ) -> None:
        self._clock = clock
        self._policy = policy_version
        self._place = name_of(url)
        # Threads that wait for a change hold no connection: the one inside may need one to read.
        self._turn = threading.Lock()
        self._keys = keys
        self._secret = secret
        self._bound, self._gone = False, (-1, frozenset())
        self._sealer = (
            None
            if keys is None
            else RowSealer(keys, self.require_ring, lambda id_: self.key_of_interaction(id_))
        )
        with plain(self._place):
            self._engine = connect(url)
            self._reads = self._engine.execution_options(tuneworthy_reads=True)
            try:
                bring_up_to_date(self._engine, self._place)
            except BaseException:
                self._engine.dispose()
                raise

    def __enter__(self) -> "SqlStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def change(self, event: AuditDraft) -> Iterator[SqlChange]:
        """Open a transaction that appends ``event`` to the audit chain when it commits.

        Where the draft leaves them empty, the digests of the object it names are filled in from
        what was put. Reads inside the body still see the ledger as it was.

        Raises:
            StoreProblem: The database refused, or a change is already open here.
            ConflictProblem: A ``put`` expected another generation.
        """
        self._refuse_nested()
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise from_database(self._place, "lock timeout: other threads changed the store")
        token = changing.set(changing.get() | {id(self)})
        try:
            with plain(self._place):
                connection = self._engine.connect()
            # Closing rolls back whatever was not committed.
            with closing(connection):
                with plain(self._place):
                    connection.begin()
                    take_lock(connection, CHANGE_LOCK)
                    change = SqlChange(connection, self._clock, self._policy, self._place)
                yield change
                with plain(self._place):
                    change.append(event)
                    connection.commit()
        finally:
            changing.reset(token)
            self._turn.release()

    def note(self, event: AuditDraft) -> None:
        """Append an event that changes nothing else (a denial, a look at something guarded)."""
        with self.change(event):
            pass

    def get(self, kind: type[N], id: str) -> N | None:  # noqa: A002 - the field's own name
        """The noun, or None. Raises IntegrityProblem when its bytes do not give its digest."""
        row = self._first(
            select(documents).where(documents.c.kind == kind.kind, documents.c.id == id)
        )
        return None if row is None else _noun(kind, row)

    def generation(self, kind: type[Noun], id: str) -> int:  # noqa: A002
        """How often the noun was written; 0 when it is not there."""
        row = self._first(
            select(documents.c.generation).where(
                documents.c.kind == kind.kind, documents.c.id == id
            )
        )
        return 0 if row is None else int(row.generation)

    def list(self, kind: type[N]) -> builtins.list[N]:
        """All nouns of a kind, in the order in which they were created."""
        order = (documents.c.created_seq, documents.c.created_rank)
        query = select(documents).where(documents.c.kind == kind.kind).order_by(*order)
        return [_noun(kind, row) for row in self._all(query)]

    def bodies(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """Id and bytes of every noun of a kind as they stand; nothing is read out of them."""
        query = select(documents.c.id, documents.c.body).where(documents.c.kind == kind)
        for row in self._all(query):
            yield str(row.id), as_bytes(row.body)

    def rows(self) -> Iterator[KeptRow]:
        """Every noun as it stands, a page at a time; nothing is read out of them."""
        return erasing.rows(self._reads, self._place)

    def step(self, key: str) -> str | None:
        """The remembered output of a step, or None."""
        row = self._first(select(steps.c.output).where(steps.c.key == key))
        return None if row is None else str(row.output)

    def audit(self, since: int = 0) -> Iterator[AuditRecord]:
        """The chain, from sequence number ``since`` (exclusive) on, exactly as stored."""
        while True:
            page = self._all(
                select(audit).where(audit.c.seq > since).order_by(audit.c.seq).limit(_PAGE)
            )
            for row in page:
                yield AuditRecord(seq=row.seq, body=as_bytes(row.body), hash=str(row.hash))
            if len(page) < _PAGE:
                return
            since = page[-1].seq

    def newest_write(self) -> int:
        """The largest number of an audit event that a kept noun was written under."""
        newest = documents.c.created_seq
        row = self._first(select(newest).order_by(newest.desc()).limit(1))
        return int(row.created_seq) if row else 0

    def last_event(self) -> int:
        """The number of the newest audit event; 0 when there is none."""
        row = self._first(select(audit.c.seq).order_by(audit.c.seq.desc()).limit(1))
        return int(row.seq) if row else 0

    @property
    def labels(self) -> SqlLabels:
        """The labelling queues."""
        return SqlLabels(self._engine, self._reads, self._place, self._refuse_nested)

    @property
    def answers(self) -> SqlAnswers:
        """What models have answered before."""
        return SqlAnswers(
            self._engine, self._reads, self._place, self._clock, self._refuse_nested, self._secret
        )

    @property
    def accounts(self) -> SqlAccounts:
        """Who is signed in, and who failed to."""
        return SqlAccounts(self._engine, self._reads, self._place, self._refuse_nested)

    def texts(self) -> Iterator[KeptText]:
        """Every text that the ledger keeps; the audit chain is not among them."""
        return self._texts(erasing.texts(self._reads, self._place))

    def older(self, table: DatedTable, before: str, others: Sequence[str] = ()) -> Sequence[str]:
        """Keys of rows that were made before an ISO stamp, oldest first; all of them if empty."""
        return erasing.older(self._reads, self._place, table, before, others)

    def oldest(self, table: DatedTable, others: Sequence[str] = ()) -> str:
        """The stamp of the oldest row; empty when there is none."""
        return erasing.oldest(self._reads, self._place, table, others)

    def compact(self) -> bool:
        """Write the database anew; False when somebody else was using it."""
        self._refuse_nested()
        return erasing.compact(self._engine, self._place)

    def close(self) -> None:
        """Release connections."""
        self._engine.dispose()
        if self._keys is not None:
            self._keys.close()


def _noun(kind: type[N], row: Row[Any]) -> N:
    if digest_bytes(as_bytes(row.body)) != row.digest:
        raise IntegrityProblem(
            "document_damaged",
            f"{row.kind} {row.id}: its bytes in the store do not give its digest",
            why="it was changed outside the program, or the disk lost something",
            fix="put back a backup; the audit log says when it was last written",
        )
    try:
        return kind.model_validate_json(row.body)
    except ValidationError as fault:
        raise StoreProblem(
            "document_unreadable",
            f"{row.kind} {row.id}: this release cannot read it",
            why=str(fault).splitlines()[0],
            fix="use the release that wrote it, or a newer one",
        ) from fault
