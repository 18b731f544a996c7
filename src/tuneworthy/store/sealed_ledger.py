"""How the ledger and its ring of keys belong together, and what becomes of rows without a key."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.functions import count

from tuneworthy.core.errors import IntegrityProblem, Problem, StoreProblem
from tuneworthy.core.nouns.sealing import SealedFeedback, SealedInteraction, SealState
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.sealing import was_plain
from tuneworthy.store.faults import plain
from tuneworthy.store.own_rows import not_of
from tuneworthy.store.reads import SqlReads
from tuneworthy.store.sealer import RowSealer, noun_of
from tuneworthy.store.subject_keys import SqlSubjectKeys
from tuneworthy.store.tables import feedback, interactions, sealing

_PAGE = 500
_RENEW = "tuneworthy retention renew-keys"


class SqlSealedLedger(SqlReads):
    """The ring of a ledger. A part of ``SqlStore``."""

    _keys: SqlSubjectKeys | None
    _sealer: RowSealer | None
    """None, as the keys, where a ledger is opened without: its rows stand in the clear."""
    _bound: bool
    _gone: tuple[int, frozenset[str]]
    """The ring's epoch when it was last looked, and the destroyed keys that rows have."""

    @property
    def sealer(self) -> RowSealer:
        """What seals rows for this ledger. Raises IntegrityProblem when the keys are not here."""
        self.require_ring()
        if self._sealer is None:
            raise _keyless(self._place)
        return self._sealer

    def require_ring(self) -> None:
        """See that the ring is this ledger's, and make the first one.

        Raises IntegrityProblem when it is lost, or another one's.
        """
        if self._bound or self._keys is None:
            return
        named, found = self._ring_named(), self._keys.found()
        if not named:
            if found and self._keys.count():
                raise IntegrityProblem(
                    "keys_of_another",
                    f"The keys in {self._keys.place} are not those of this ledger.",
                    why="The ledger has never sealed anything, and there are keys already: they "
                    "belong to another one, or this one is a backup from before sealing.",
                    fix=f"Name other keys (subject_keys in tuneworthy.yaml), or: {_RENEW}",
                )
            named = self._bind(found or self._keys.make())
            found = self._keys.found()
        if named != found:
            said = "are not here" if not found else "are another ledger's"
            raise IntegrityProblem(
                "keys_lost",
                f"The keys of recorded traffic {said} ({self._keys.place}).",
                why=f"Sealed rows need the ring {named}. No new one is made in its place, as all "
                "traffic so far would be lost without a word.",
                fix="Put back the newest copy of the keys, or name the place that all machines "
                f"share (subject_keys in tuneworthy.yaml). If there is no copy: {_RENEW}",
            )
        self._bound = True

    def renew_ring(self) -> int:
        """Take the ring that lies there, or a new one; returns how many keys are given up.

        Rows under keys that are not in it count as destroyed from now on.
        """
        if self._keys is None:
            raise _keyless(self._place)
        self._refuse_nested()
        ring = self._keys.make()
        with plain(self._place), self._engine.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            written = dialect.insert(sealing).values(one=1, ring=ring)
            connection.execute(
                written.on_conflict_do_update(index_elements=[sealing.c.one], set_={"ring": ring})
            )
        without = self._without_key(self._keys)
        lost = without - self._keys.destroyed(without)
        self._keys.give_up(lost)
        self._bound, self._gone = True, (-1, frozenset())
        return len(lost)

    def seal_state(self) -> SealState:
        """How recorded traffic is kept."""
        sealed = plain_rows = 0
        for table in (interactions, feedback):
            all_rows, clear = self._count(table), self._count(table, table.c.key == "")
            sealed, plain_rows = sealed + all_rows - clear, plain_rows + clear
        state = SealState(
            place=self._keys.place if self._keys else "", keys=0, sealed=sealed, plain=plain_rows,
            destroyed=0, lost=0,
            changed=sum(self._count(table, misplaced(table)) for table in (interactions, feedback)),
        )  # fmt: skip
        if self._keys is None or not (sealed or self._ring_named() or self._keys.found()):
            return state
        try:
            self.require_ring()
            without = self._without_key(self._keys)
            destroyed = self._keys.destroyed(without)
            return state.model_copy(
                update={
                    "keys": self._keys.count(),
                    "destroyed": self._rows_under(destroyed),
                    "lost": self._rows_under(without - destroyed),
                }
            )
        except Problem as fault:
            return state.model_copy(update={"fault": fault.message, "fix": fault.fix})

    def seal_plain(self) -> int:
        """Seal every row that was written in the clear; returns how many. May be done again."""
        self._refuse_nested()
        sealer, done = self.sealer, 0
        while rows := self._all(select(interactions).where(interactions.c.key == "").limit(_PAGE)):
            asked = [noun_of(Interaction, row.id, row.body) for row in rows]
            made = [sealer.seal_row(one, late=True) for one in asked]
            done += self._replace(interactions, made)
        while rows := self._all(select(feedback).where(feedback.c.key == "").limit(_PAGE)):
            words = [noun_of(Feedback, row.id, row.body) for row in rows]
            keys = self._keys_of([word.interaction for word in words])
            done += self._replace(
                feedback,
                [sealer.seal_word(one, keys.get(one.interaction, ""), late=True) for one in words],
            )
        return done

    def unreadable(self, others: Sequence[str] = ()) -> tuple[list[str], list[str]]:
        """Ids of interactions and of feedback whose keys were destroyed; none of these routes.

        Nor one that stands under another key than sealed it: its own may be there.
        """
        gone = sorted(self._unreadable_keys())
        found: tuple[list[str], list[str]] = ([], [])
        for table, ids in zip((interactions, feedback), found, strict=True):
            for some in _pages(gone):
                here = _ids(table, some).where(*not_of(table, others), ~misplaced(table))
                ids += [str(row.id) for row in self._all(here)]
        return found

    def readable_copies(self, own: frozenset[str], ids: Sequence[str]) -> int:
        """How many of these rows stay readable in copies once the keys ``own`` are destroyed.

        That is those under other keys, and those that once stood in the clear.
        """
        closed, n = own | self._unreadable_keys(), 0
        for table in (interactions, feedback):
            for some in _pages(list(ids)):
                query = select(table.c.key, table.c.body).where(table.c.id.in_(some))
                n += sum(row.key not in closed or was_plain(row.body) for row in self._all(query))
        return n

    def keys_in_use(self) -> frozenset[str]:
        """The keys that rows are sealed under."""
        found: set[str] = set()
        for table in (interactions, feedback):
            query = select(table.c.key).distinct().where(table.c.key != "")
            found.update(str(row.key) for row in self._all(query))
        return frozenset(found)

    # -- inside -----------------------------------------------------------------------------

    def _ring_named(self) -> str:
        row = self._first(select(sealing.c.ring))
        return "" if row is None else str(row.ring)

    def _bind(self, ring: str) -> str:
        """The ring that the ledger names from now on; of two who name one, one wins."""
        with plain(self._place), self._engine.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            first = dialect.insert(sealing).values(one=1, ring=ring)
            connection.execute(first.on_conflict_do_nothing())
            return str(connection.execute(select(sealing.c.ring)).scalar_one())

    def _without_key(self, keys: SqlSubjectKeys) -> frozenset[str]:
        return self.keys_in_use() - keys.ids()

    def _unreadable_keys(self) -> frozenset[str]:
        """Keys that rows have and that were destroyed; looked for anew when more were."""
        if self._keys is None or not self._ring_named():
            return frozenset()
        self.require_ring()
        epoch = self._keys.epoch()
        if self._gone[0] != epoch:
            self._gone = (epoch, self._keys.destroyed(self.keys_in_use()))
        return self._gone[1]

    def _rows_under(
        self,
        keys: frozenset[str],
        tables: Sequence[Table] = (interactions, feedback),
        *where: Any,
    ) -> int:
        return sum(
            self._count(table, table.c.key.in_(some), ~misplaced(table), *where)
            for table in tables
            for some in _pages(sorted(keys))
        )

    def _count(self, table: Table, *where: Any) -> int:
        row = self._first(select(count()).select_from(table).where(*where))
        return int(row[0]) if row else 0

    def _keys_of(self, ids: Sequence[str]) -> dict[str, str]:
        query = select(interactions.c.id, interactions.c.key).where(interactions.c.id.in_(ids))
        return {str(row.id): str(row.key) for row in self._all(query)}

    def _replace(
        self, table: Table, rows: Sequence[SealedInteraction] | Sequence[SealedFeedback]
    ) -> int:
        with plain(self._place), self._engine.begin() as connection:
            for row in rows:
                here = (table.c.id == row.id, table.c.key == "")
                connection.execute(update(table).where(*here).values(key=row.key, body=row.body))
        return len(rows)


def _keyless(place: str) -> StoreProblem:
    return StoreProblem(
        "no_keys",
        f"{place} was opened without keys for recorded traffic.",
        fix="Open it by its project: tuneworthy.open(PATH)",
    )


def misplaced(table: Table) -> ColumnElement[bool]:
    """Whether a row stands under another key than the one that its sealed text names.

    This program writes both at once; so its row was changed outside it.
    """
    sealed = func.substr(table.c.body, 1, 3).in_(("s1:", "l1:"))
    named = func.substr(table.c.body, 4, func.length(table.c.key) + 1)
    return or_(and_(sealed, named != table.c.key + ":"), and_(~sealed, table.c.key != ""))


def _ids(table: Table, keys: Sequence[str]) -> Select[Any]:
    return select(table.c.id).where(table.c.key.in_(keys)).order_by(table.c.id)


def _pages(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[at : at + _PAGE] for at in range(0, len(items), _PAGE))
