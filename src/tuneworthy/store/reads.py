"""What every part of the ledger stands on: its database, and reading rows from it."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, Row, Select

from tuneworthy.core.errors import StoreProblem
from tuneworthy.store.faults import plain

changing: ContextVar[frozenset[int]] = ContextVar("tuneworthy_changing", default=frozenset())
"""The stores in which this thread has a change open."""


def as_bytes(body: str | bytes) -> bytes:
    """A body as it stands: SQLite gives text or bytes, whichever was written past this program."""
    return body.encode() if isinstance(body, str) else bytes(body)


class SqlReads:
    """A database and its place in words; what is read here waits for no change."""

    _engine: Engine
    _reads: Engine
    _place: str

    def _refuse_nested(self) -> None:
        if id(self) in changing.get():
            raise StoreProblem(
                "nested_change",
                "the store was written to inside a change that is still open",
                why="it would wait for itself",
                fix="put both into one change, or one after the other",
            )

    def _all(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with plain(self._place), self._reads.connect() as connection:
            return connection.execute(query).all()

    def _first(self, query: Select[Any]) -> Row[Any] | None:
        with plain(self._place), self._reads.connect() as connection:
            return connection.execute(query).first()
