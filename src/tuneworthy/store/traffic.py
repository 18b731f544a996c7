"""Recorded traffic in the ledger: kept sealed, opened for whoever reads it.

Rows whose key was destroyed are there for nobody: they are neither read nor counted, until
retention or an erasing takes them out.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Row, Table, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from tuneworthy.core.ledger_ports import KeptText
from tuneworthy.core.nouns.sealing import SealedFeedback, SealedInteraction
from tuneworthy.core.nouns.serving import Feedback, Interaction, Stamp
from tuneworthy.methods.sealing import is_sealed
from tuneworthy.store.faults import plain
from tuneworthy.store.sealed_ledger import SqlSealedLedger, misplaced
from tuneworthy.store.sealer import INTERACTION, WORD, damaged, noun_of
from tuneworthy.store.tables import feedback, interactions

B = TypeVar("B", bound=BaseModel)

_PAGE = 500
_INTERACTIONS, _FEEDBACK = interactions, feedback
_KINDS = {interactions.name: INTERACTION, feedback.name: WORD}


class SqlTraffic(SqlSealedLedger):
    """Interactions and the words on them. A part of ``SqlStore``, which opens the database."""

    def record(
        self,
        interactions: Sequence[Interaction | SealedInteraction],
        feedback: Sequence[Feedback | SealedFeedback] = (),
        *,
        was_plain: bool = False,
    ) -> int:
        """Keep gateway rows; rows already kept (same id) are skipped. Returns the rows added.

        Rows in the clear are sealed before the database sees them. Sealed rows whose key was
        destroyed meanwhile are not kept.

        Args:
            interactions: Requests with their answers.
            feedback: Words on them.
            was_plain: The rows in the clear were read from a disk.
        """
        self._refuse_nested()
        if interactions or feedback:
            self.require_ring()  # before the transaction, which would wait for it
        sealed = self._sealed(interactions, was_plain)
        with plain(self._place), self._engine.begin() as connection:
            own = {row["id"]: row["key"] for row in sealed}
            words = self._sealed_words(connection, own, feedback, was_plain)
            added = _insert(connection, _INTERACTIONS, sealed) + _insert(
                connection, _FEEDBACK, words
            )
            self._settle_words(connection, list(own))
        return added

    def interactions(self, route: str | None = None, since: str = "") -> Iterator[Interaction]:
        """Recorded interactions, oldest first; those stamped ``since`` (ISO) or later."""
        where = [] if route is None else [interactions.c.route == route]
        if since:
            where.append(interactions.c.created_at >= since)
        return self._in_order(interactions, where, Interaction)

    def newest_interactions(self, route: str, count: int) -> Sequence[Interaction]:
        """The last ``count`` interactions of a route, oldest of them first."""
        where = [interactions.c.route == route]
        found: list[Interaction] = []
        for row in self._in_order(interactions, where, Interaction, newest_first=True):
            found.append(row)
            if len(found) == count:
                break
        return found[::-1]

    def interaction_count(self, route: str) -> int:
        """How many interactions of a route are recorded."""
        here = interactions.c.route == route
        gone = self._rows_under(self._unreadable_keys(), (interactions,), here)
        return self._count(interactions, here) - gone

    def stamps(self, manifests: Sequence[str]) -> Iterator[Stamp]:
        """When each response of these manifests was given, oldest first; no content is read."""
        named = (interactions.c.created_at, interactions.c.manifest, interactions.c.arm)
        query = select(*named, interactions.c.key, misplaced(interactions).label("misplaced"))
        query = query.where(interactions.c.manifest.in_(manifests))
        gone = self._unreadable_keys()
        for row in self._all(query.order_by(interactions.c.created_at, interactions.c.id)):
            if row.key in gone and not row.misplaced:
                continue
            yield Stamp(manifest=row.manifest, arm=row.arm, created_at=row.created_at)

    def interaction(self, id: str) -> Interaction | None:  # noqa: A002
        """One recorded interaction."""
        where = [interactions.c.id == id]
        return next(iter(self._in_order(interactions, where, Interaction)), None)

    def feedback(self, interaction: str | None = None) -> Iterator[Feedback]:
        """Recorded feedback, oldest first; of one interaction if its id is given."""
        where = [] if interaction is None else [feedback.c.interaction == interaction]
        return self._in_order(feedback, where, Feedback)

    # -- keeping ----------------------------------------------------------------------------

    def _sealed(
        self, rows: Sequence[Interaction | SealedInteraction], was_plain: bool
    ) -> list[dict[str, Any]]:
        if self._sealer is None:
            return [_clear(row, INTERACTION) for row in rows]
        made = [
            row
            if isinstance(row, SealedInteraction)
            else self._sealer.seal_row(row, late=was_plain)
            for row in rows
        ]
        gone = self._sealer.destroyed(row.key for row in made)
        return [row.model_dump() for row in made if row.key not in gone]

    def _sealed_words(
        self,
        connection: Connection,
        own: dict[str, str],
        words: Sequence[Feedback | SealedFeedback],
        was_plain: bool,
    ) -> list[dict[str, Any]]:
        if self._sealer is None:
            return [_clear(word, WORD) for word in words]
        about = {word.interaction for word in words} - own.keys()
        keys = {**own, **_keys_of(connection, sorted(about))}
        made = [
            self._sealer.moved(word, keys.get(word.interaction, ""))
            if isinstance(word, SealedFeedback)
            else self._sealer.seal_word(word, keys.get(word.interaction, ""), late=was_plain)
            for word in words
        ]
        gone = self._sealer.destroyed(word.key for word in made)
        return [word.model_dump() for word in made if word.key not in gone]

    def _settle_words(self, connection: Connection, ids: list[str]) -> None:
        """Words that came before their interactions are sealed under their keys now."""
        if self._sealer is None:
            return
        for start in range(0, len(ids), _PAGE):
            here = (_FEEDBACK.c.interaction == _INTERACTIONS.c.id, _INTERACTIONS.c.key != "")
            query = select(_FEEDBACK, _INTERACTIONS.c.key.label("under")).where(
                *here,
                _INTERACTIONS.c.key != _FEEDBACK.c.key,
                _FEEDBACK.c.key != "",
                _INTERACTIONS.c.id.in_(ids[start : start + _PAGE]),
            )
            for row in connection.execute(query).all():
                fields = {name: getattr(row, name) for name in SealedFeedback.model_fields}
                moved = self._sealer.moved(SealedFeedback.model_validate(fields), row.under)
                changed = {"key": moved.key, "body": moved.body}
                connection.execute(
                    update(_FEEDBACK).where(_FEEDBACK.c.id == row.id).values(changed)
                )

    def key_of_interaction(self, id: str) -> str:  # noqa: A002
        """The key that an interaction is sealed under; empty where none is known."""
        row = self._first(select(interactions.c.key).where(interactions.c.id == id))
        return "" if row is None else str(row.key)

    def _texts(self, found: Iterator[KeptText]) -> Iterator[KeptText]:
        """The same with what is sealed opened, and without what nobody can open any more."""
        gone = self._unreadable_keys()
        for one in found:
            if one.table not in _KINDS or self._sealer is None:
                yield one
                continue
            if is_sealed(one.body) and one.body.split(":", 2)[1] in gone:
                continue
            text = self._sealer.open(one.body, _KINDS[one.table], one.key[0])
            if text is not None:
                yield one._replace(body=text if isinstance(text, str) else text.decode())

    # -- reading ----------------------------------------------------------------------------

    def _opened(self, table: Table, rows: Sequence[Row[Any]]) -> Iterator[tuple[str, str | bytes]]:
        """Id and JSON of those rows whose key was not destroyed."""
        if self._sealer is None:
            for row in rows:
                if is_sealed(row.body):
                    raise damaged(row.id, "it is sealed, and no keys were given")
                yield row.id, row.body
            return
        held = self._sealer.load(row.key for row in rows)
        closed = any(row.key and row.key not in held for row in rows)
        gone = self._unreadable_keys() if closed else frozenset()
        for row in rows:
            if is_sealed(row.body) and row.body.split(":", 2)[1] != row.key:
                raise damaged(row.id, "it stands under another key than the one that sealed it")
            if row.key not in gone:
                text = self._sealer.open(row.body, _KINDS[table.name], row.id)
                if text is not None:
                    yield row.id, text

    def _in_order(
        self, table: Table, where: list[Any], shape: type[B], *, newest_first: bool = False
    ) -> Iterator[B]:
        # Page by page, so that a slow reader never holds a transaction open.
        if self._sealer is not None:
            self._sealer.refresh()
        place = (table.c.created_at, table.c.id)
        order = [column.desc() for column in place] if newest_first else list(place)
        query = select(*place, table.c.key, table.c.body).where(*where)
        query = query.order_by(*order).limit(_PAGE)
        page = self._all(query)
        while page:
            for id_, text in self._opened(table, page):
                yield noun_of(shape, id_, text)
            if len(page) < _PAGE:
                return
            last = (page[-1].created_at, page[-1].id)
            beyond = tuple_(*place) < last if newest_first else tuple_(*place) > last
            page = self._all(query.where(beyond))


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    kept = dialect.insert(table).on_conflict_do_nothing().returning(table.c.id)
    # One order everywhere, so that two writers of the same rows cannot deadlock.
    rows.sort(key=itemgetter("id"))
    return len(connection.execute(kept, rows).all())


def _keys_of(connection: Connection, ids: list[str]) -> dict[str, str]:
    found = {}
    for start in range(0, len(ids), _PAGE):
        some = _INTERACTIONS.c.id.in_(ids[start : start + _PAGE])
        for row in connection.execute(select(_INTERACTIONS.c.id, _INTERACTIONS.c.key).where(some)):
            found[row.id] = str(row.key)
    return found


def _clear(row: BaseModel, kind: str) -> dict[str, Any]:
    if isinstance(row, SealedInteraction | SealedFeedback):
        return row.model_dump()
    clear = SealedInteraction if kind == INTERACTION else SealedFeedback
    columns = row.model_dump(include=set(clear.model_fields) - {"key", "body"})
    return {**columns, "key": "", "body": row.model_dump_json()}
