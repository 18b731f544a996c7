"""The inside of one transaction: what it puts, and the audit record that goes with it."""

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tuneworthy.core.errors import ConflictProblem, StoreProblem
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.ports import Clock
from tuneworthy.methods.canonical import canonical, digest_bytes
from tuneworthy.methods.chain import GENESIS, WrittenRow, build
from tuneworthy.store.accounts import SqlAccountChange
from tuneworthy.store.erasing import SqlErase
from tuneworthy.store.faults import plain
from tuneworthy.store.labels import SqlLabelChange
from tuneworthy.store.tables import audit, documents, steps


class SqlChange:
    """What a ``with store.change(...)`` body may do. It holds the lock that orders all changes."""

    def __init__(self, connection: Connection, clock: Clock, policy: str, place: str) -> None:
        self._connection = connection
        self._policy = policy
        self._place = place
        self._ts = clock.now().isoformat()
        self._digests: dict[str, tuple[str, str]] = {}
        self._rows: dict[tuple[str, str], str] = {}
        self._rank = 0
        head = connection.execute(
            select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        ).first()
        self._seq: int = head.seq + 1 if head else 1
        self._prev: str = head.hash if head else GENESIS

    def put(self, noun: Noun, *, expect: int | None = None) -> int:
        """Insert or replace; ``expect`` is the generation that must stand now (0: must be new).

        Returns the new generation.

        Raises:
            ConflictProblem: Another generation stands; leave the body, read again, decide again.
            StoreProblem: The noun cannot be written as JSON, or the database refused.
        """
        body = _body(noun)
        digest = digest_bytes(body)
        here = (documents.c.kind == noun.kind, documents.c.id == noun.id)
        with plain(self._place):
            row = self._connection.execute(
                select(documents.c.generation, documents.c.digest).where(*here)
            ).first()
            generation, before = (row.generation, row.digest) if row else (0, "")
            if expect is not None and expect != generation:
                raise _changed(noun, expect, generation)
            values = {
                "generation": generation + 1,
                "digest": digest,
                "body": body.decode(),
                "updated_at": self._ts,
            }
            if row:
                self._connection.execute(update(documents).where(*here).values(values))
            else:
                self._rank += 1
                self._connection.execute(
                    insert(documents).values(
                        **values,
                        kind=noun.kind,
                        id=noun.id,
                        created_at=self._ts,
                        created_seq=self._seq,
                        created_rank=self._rank,
                    )
                )
        self._rows[noun.kind, noun.id] = digest
        self._digests[noun.id] = (self._digests.get(noun.id, (before,))[0], digest)
        return int(generation) + 1

    def remember_step(self, key: str, output: str) -> None:
        """Record that the step with this input digest gave this output (JSON text)."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        written = dialect.insert(steps).values(key=key, output=output, created_at=self._ts)
        with plain(self._place):
            self._connection.execute(
                written.on_conflict_do_update(
                    index_elements=[steps.c.key], set_={"output": written.excluded.output}
                )
            )

    @property
    def labels(self) -> SqlLabelChange:
        """The labelling queues, inside this transaction."""
        return SqlLabelChange(self._connection, self._place, self._seq)

    @property
    def accounts(self) -> SqlAccountChange:
        """Who is signed in, inside this transaction."""
        return SqlAccountChange(self._connection, self._place)

    @property
    def erase(self) -> SqlErase:
        """What may be taken out, inside this transaction."""
        return SqlErase(self._connection, self._place, self._rows)

    def append(self, event: AuditDraft) -> None:
        """Write the audit record; the store calls this once, when the body is done."""
        before, after = self._digests.get(event.object_id, ("", ""))
        event = event.model_copy(
            update={
                "object_digest": event.object_digest or after,
                "before": event.before or before,
                "after": event.after or after,
            }
        )
        rows = [WrittenRow(*named, digest) for named, digest in self._rows.items()]
        try:
            record = build(event, self._seq, self._ts, self._prev, self._policy, rows)
        except ValueError as fault:
            raise StoreProblem(
                "not_storable", f"the event {event.action!r} cannot be recorded", why=str(fault)
            ) from fault
        self._connection.execute(
            insert(audit).values(seq=record.seq, body=record.body, hash=record.hash)
        )


def _body(noun: Noun) -> bytes:
    try:
        return canonical(noun)
    except ValueError as fault:
        raise StoreProblem(
            "not_storable", f"{noun.kind} {noun.id} cannot be written as JSON", why=str(fault)
        ) from fault


def _changed(noun: Noun, expect: int, found: int) -> ConflictProblem:
    what = f"{noun.kind} {noun.id}"
    if expect == 0:
        message = f"{what} is there already"
    elif found == 0:
        message = f"{what} is not there any more"
    else:
        message = f"{what} was changed meanwhile (generation {found}, not {expect})"
    return ConflictProblem(
        "changed_meanwhile",
        message,
        why="somebody else wrote it first; nothing of this change was written",
        fix="look at it as it is now, then do it again",
    )
