"""What models have answered before, over SQL.

The rows are a memory and no part of the record: nothing is lost when they are deleted, so they
stand in no audit event. Each carries a code under a key that is not in the database, so a row
that somebody wrote past the program, or moved to another key, is not believed.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from tuneworthy.core.ports import Clock
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
        secret: Callable[[], bytes],
    ) -> None:
        self._engine = engine
        self._reads = reads
        self._place = place
        self._clock = clock
        self._refuse_nested = refuse_nested
        self._secret = secret

    def known(self, keys: Sequence[str]) -> dict[str, str]:
        """The answers that are here; one whose bytes were changed since counts as not here."""
        found: dict[str, str] = {}
        seal = self._sealer()
        wanted = list(dict.fromkeys(keys))
        with plain(self._place), self._reads.connect() as connection:
            for start in range(0, len(wanted), _PAGE):
                here = answers.c.key.in_(wanted[start : start + _PAGE])
                for row in connection.execute(select(answers).where(here)):
                    if hmac.compare_digest(seal(row.key, row.body), row.digest):
                        found[row.key] = row.body
        return found

    def keep(self, found: Mapping[str, str]) -> None:
        """Write answers down at once; the newest one under a key stands."""
        if not found:
            return
        self._refuse_nested()
        stamp, seal = self._clock.now().isoformat(), self._sealer()
        # One order everywhere, so that two writers of the same rows cannot deadlock.
        rows = [
            {"key": key, "digest": seal(key, body), "body": body, "created_at": stamp}
            for key, body in sorted(found.items())
        ]
        with plain(self._place), self._engine.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            written = dialect.insert(answers)
            new = {name: written.excluded[name] for name in ("digest", "body", "created_at")}
            connection.execute(
                written.on_conflict_do_update(index_elements=[answers.c.key], set_=new), rows
            )

    def _sealer(self) -> Callable[[str, str], str]:
        """What gives the seal of an answer under a key, in the form of a digest."""
        secret = self._secret()

        def seal(key: str, body: str) -> str:
            told = f"answer\0{key}\0{body}".encode()
            return "sha256:" + hmac.new(secret, told, "sha256").hexdigest()

        return seal
