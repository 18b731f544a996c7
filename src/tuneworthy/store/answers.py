"""What models have answered before, over SQL.

The rows are a memory and no part of the record: nothing is lost when they are deleted, so they
stand in no audit event. Each has the digest of its bytes; a row that was changed is not believed.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from tuneworthy.core.ports import Clock
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.store.faults import plain
from tuneworthy.store.tables import answers

_PAGE = 500
"""Keys in one question: SQLite takes a bounded number of parameters."""


class SqlAnswers:
    """Reads and writes answers by key. Threads and processes may share the table."""

    def __init__(
        self,
        engine: Engine,
        reads: Engine,
        place: str,
        clock: Clock,
        refuse_nested: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._reads = reads
        self._place = place
        self._clock = clock
        self._refuse_nested = refuse_nested

    def known(self, keys: Sequence[str]) -> dict[str, str]:
        """The answers that are here; one whose bytes were changed since counts as not here."""
        found: dict[str, str] = {}
        wanted = list(dict.fromkeys(keys))
        with plain(self._place), self._reads.connect() as connection:
            for start in range(0, len(wanted), _PAGE):
                here = answers.c.key.in_(wanted[start : start + _PAGE])
                for row in connection.execute(select(answers).where(here)):
                    if digest_bytes(row.body.encode()) == row.digest:
                        found[row.key] = row.body
        return found

    def keep(self, found: Mapping[str, str]) -> None:
        """Write answers down at once; the newest one under a key stands."""
        if not found:
            return
        self._refuse_nested()
        stamp = self._clock.now().isoformat()
        # One order everywhere, so that two writers of the same rows cannot deadlock.
        rows = [
            {"key": key, "digest": digest_bytes(body.encode()), "body": body, "created_at": stamp}
            for key, body in sorted(found.items())
        ]
        with plain(self._place), self._engine.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            written = dialect.insert(answers)
            new = {name: written.excluded[name] for name in ("digest", "body", "created_at")}
            connection.execute(
                written.on_conflict_do_update(index_elements=[answers.c.key], set_=new), rows
            )
