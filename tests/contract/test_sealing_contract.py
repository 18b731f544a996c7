"""Recorded traffic is sealed before a database sees it, and gone with its key; on both kinds."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from tests.fakes.postgres import new_database
from tests.fakes.sealed_ledger import (
    asked,
    holding,
    keys_at,
    person,
    planted,
    said,
    sealed_store,
    texts,
)
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import IntegrityProblem, Problem, StoreProblem
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.nouns.sealing import SealedFeedback, SealedInteraction
from tuneworthy.store import open_store
from tuneworthy.store.sql import SqlStore

N = 12


@pytest.fixture
def ring_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/keys/ring.db"


@pytest.fixture
def sealed(store_url: str, ring_url: str) -> Any:
    with sealed_store(store_url, ring_url) as store:
        store.record([asked(k) for k in range(N)], [said(k) for k in range(N)])
        yield store


def destroy(store: SqlStore, ring_url: str, *people: str) -> None:
    with closing(keys_at(ring_url)) as keys:
        assert keys.destroy(keys.of(people)) == len(people)


def raw_rows(store_url: str) -> list[Any]:
    url = store_url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = ("SELECT * FROM interactions ORDER BY id", "SELECT * FROM feedback ORDER BY id")
        found = [row for table in tables for row in connection.execute(text(table)).all()]
    engine.dispose()
    return found


def test_rows_come_back_as_they_were_recorded(sealed: SqlStore, store_url: str) -> None:
    assert list(sealed.interactions()) == [asked(k) for k in range(N)]
    assert list(sealed.feedback()) == [said(k) for k in range(N)]
    assert sealed.interaction(asked(3).id) == asked(3)
    assert sealed.newest_interactions("r", 5) == [asked(k) for k in range(N - 5, N)]
    assert sealed.interaction_count("r") == N
    assert sum(row.body.count(planted(3)) for row in sealed.texts()) >= 2
    rows = raw_rows(store_url)
    assert len(rows) == 2 * N
    assert not [row for row in rows for one in texts(range(N)) if one in str(row)]
    assert len({row.key for row in rows}) == N, "a person's words are under the person's key"
    assert sealed.record([asked(1)], [said(1)]) == 0


def test_a_day_has_one_key_for_those_who_name_nobody(store_url: str, ring_url: str) -> None:
    with sealed_store(store_url, ring_url) as store:
        rows = [asked(k, user="", day=f"2026-03-0{1 + k % 2}") for k in range(6)]
        store.record(rows, [said(99)])
        keys = {row.created_at[:10]: row.key for row in raw_rows(store_url)}
        assert len({row.key for row in raw_rows(store_url)}) == 2
        assert keys["2026-03-01"] != keys["2026-03-02"]
        with closing(keys_at(ring_url)) as ring:
            assert {key.ref for key in ring.idle("2027")} == {"day 2026-03-01", "day 2026-03-02"}


def test_whoever_lost_their_key_is_there_for_nobody(sealed: SqlStore, ring_url: str) -> None:
    destroy(sealed, ring_url, person(2), person(5))
    left = [asked(k) for k in range(N) if k not in (2, 5)]
    assert list(sealed.interactions()) == left
    assert sealed.interaction(asked(2).id) is None
    assert sealed.newest_interactions("r", N) == left
    assert sealed.interaction_count("r") == N - 2
    assert len(list(sealed.stamps(["m"]))) == N - 2
    assert {word.id for word in sealed.feedback()} == {said(k).id for k in range(N)} - {
        said(2).id,
        said(5).id,
    }
    assert sealed.unreadable() == ([asked(2).id, asked(5).id], [said(2).id, said(5).id])
    assert not [row for row in sealed.texts() if planted(2) in row.body or planted(5) in row.body]
    state = sealed.seal_state()
    assert (state.destroyed, state.lost, state.keys, state.sealed) == (4, 0, N - 2, 2 * N)
    assert "4 recorded rows cannot be read" in state.notes[0]
    assert "tuneworthy retention run" in state.notes[0]


@pytest.mark.parametrize("under", ["destroyed", "nobody's"])
def test_a_row_put_under_another_key_is_told_and_never_deleted(
    sealed: SqlStore, store_url: str, ring_url: str, under: str
) -> None:
    """By its column alone it would count as lost, or as erased, and go with the next retention."""
    keys = {row.id: row.key for row in raw_rows(store_url)}
    destroy(sealed, ring_url, person(2))
    other = keys[asked(2).id] if under == "destroyed" else "k"
    put_under(store_url, "interactions", asked(4).id, other)
    put_under(store_url, "feedback", said(5).id, other)
    state = sealed.seal_state()
    assert (state.changed, state.lost, state.destroyed) == (2, 0, 2)
    assert "2 recorded rows were changed outside the program" in state.notes[0]
    assert sealed.unreadable() == ([asked(2).id], [said(2).id])
    assert len(list(sealed.stamps(["m"]))) == N - 1, "it was answered, and is traced"
    assert sealed.interaction_count("r") == N - 1
    for read in (lambda: list(sealed.interactions()), lambda: list(sealed.feedback())):
        with pytest.raises(IntegrityProblem, match="cannot be read") as broken:
            read()
        assert "another key" in broken.value.why
    assert sealed.renew_ring() == (0 if under == "destroyed" else 1)
    assert sealed.unreadable() == ([asked(2).id], [said(2).id]), "nor when keys are given up"
    put_under(store_url, "interactions", asked(4).id, keys[asked(4).id])
    put_under(store_url, "feedback", said(5).id, keys[said(5).id])
    assert sealed.seal_state().changed == 0
    assert list(sealed.interactions()) == [asked(k) for k in range(N) if k != 2]


def put_under(store_url: str, table: str, id_: str, key: str) -> None:
    """What an administrator can write past the program."""
    url = store_url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text(f"UPDATE {table} SET key = :key WHERE id = :id"),  # noqa: S608 - a test's own name
            {"key": key, "id": id_},
        )
    engine.dispose()


def test_what_comes_in_under_a_destroyed_key_is_not_kept(sealed: SqlStore, ring_url: str) -> None:
    late, word = sealed.sealer.seal_row(asked(100, person(4))), said(101)
    noted = sealed.sealer.seal_word(word, late.key)
    destroy(sealed, ring_url, person(4))
    assert sealed.record([late], [noted]) == 0
    assert sealed.record([asked(102, person(4))]) == 1, "whoever comes back has a new key"
    assert sealed.interaction(asked(102).id) is not None


def test_a_word_goes_under_the_key_of_its_interaction(store_url: str, ring_url: str) -> None:
    """Also where it comes first, from another gateway; then it is under its day's till then."""
    with sealed_store(store_url, ring_url) as store:
        first = SealedFeedback.model_validate_json(store.sealer.word(said(1).model_dump()))
        store.record([], [first, said(2)])
        before = {row.id: row.key for row in raw_rows(store_url)}
        assert before[said(1).id] == before[said(2).id]
        sealed = store.sealer.interaction(asked(1).model_dump(), person(1))
        store.record([SealedInteraction.model_validate_json(sealed), asked(2)])
        after = {row.id: row.key for row in raw_rows(store_url)}
        assert after[said(1).id] == after[asked(1).id]
        assert after[said(2).id] == after[asked(2).id] != after[said(1).id]
        assert [word.comment for word in store.feedback()] == [said(1).comment, said(2).comment]
        # One that comes later goes there at once.
        later = SealedFeedback.model_validate_json(
            store.sealer.word(said(1).model_copy(update={"id": "fb-2"}).model_dump())
        )
        assert later.key == after[asked(1).id]


def test_no_byte_of_a_sqlite_ledger_and_its_log_is_readable(tmp_path: Path) -> None:
    ring = f"sqlite:///{tmp_path}/keys/ring.db"
    with sealed_store(f"sqlite:///{tmp_path}/ledger.db", ring) as store:
        store.record([asked(k) for k in range(N)], [said(k) for k in range(N)])
        assert (tmp_path / "ledger.db-wal").stat().st_size > 0
        assert holding(tmp_path, texts(range(N))) == set()
    assert ((tmp_path / "keys" / "ring.db").stat().st_mode & 0o777) == 0o600


def test_no_byte_of_a_postgresql_server_is_readable_its_log_included(
    postgres_server: str, tmp_path: Path
) -> None:
    numbers = range(70_000, 70_000 + N)
    url = new_database(postgres_server)
    cluster = Path(str(make_url(url).query["host"])) / "data"
    admin = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)

    def on_disk() -> set[str]:
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as free:
            free.execute(text("ANALYZE"))
            free.execute(text("CHECKPOINT"))
        return holding(cluster, texts(numbers))

    ring = f"sqlite:///{tmp_path}/ring.db"
    with sealed_store(url, ring) as store:
        store.record([asked(k) for k in numbers], [said(k) for k in numbers])
        assert [row.id for row in store.interactions()] == [asked(k).id for k in numbers]
        assert on_disk() == set(), "before anybody is erased"
        destroy(store, ring, *map(person, numbers))
        assert list(store.interactions()) == []
        assert on_disk() == set()
    # The search finds what is there: the same rows without keys.
    with open_store(new_database(postgres_server), SystemClock()) as clear:
        clear.record([asked(k) for k in numbers])
        assert any(name.startswith("pg_wal") for name in on_disk())
    admin.dispose()


def test_a_backup_from_before_is_unreadable_afterwards(tmp_path: Path) -> None:
    ring, ledger, old = (tmp_path / name for name in ("ring.db", "ledger.db", "old/ledger.db"))
    with sealed_store(f"sqlite:///{ledger}", f"sqlite:///{ring}") as store:
        store.record([asked(k) for k in range(N)], [said(k) for k in range(N)])
        old.parent.mkdir()
        with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(old)) as goal:
            source.backup(goal)
        with closing(keys_at(f"sqlite:///{ring}")) as keys:
            secrets = list(keys.secrets_of(keys.of(map(person, range(5)))).values())
            assert any(secret in ring_bytes(ring) for secret in secrets), "the search finds keys"
            assert keys.destroy(keys.of(map(person, range(5)))) == 5
            assert keys.compact()
        assert not any(secret in ring_bytes(ring) for secret in secrets)
    assert holding(old.parent, texts(range(N))) == set()
    with sealed_store(f"sqlite:///{old}", f"sqlite:///{ring}") as restored:
        assert list(restored.interactions()) == [asked(k) for k in range(5, N)]
        assert restored.seal_state().destroyed == 10
        with restored.change(event()) as change:
            rows, words = restored.unreadable()
            change.erase.interactions(rows)
            change.erase.feedback(words)
        assert restored.seal_state().destroyed == 0


def event() -> AuditDraft:
    return AuditDraft(actor="bo", action="erase", object_type="thing", object_id="x")


def ring_bytes(ring: Path) -> bytes:
    return b"".join(path.read_bytes() for path in ring.parent.glob(f"{ring.name}*"))


def test_no_new_keys_are_made_over_lost_ones_unless_told(
    sealed: SqlStore, store_url: str, tmp_path: Path
) -> None:
    sealed.close()
    empty = tmp_path / "elsewhere" / "ring.db"
    with sealed_store(store_url, f"sqlite:///{empty}") as store:
        for work in (
            lambda: list(store.interactions()),
            lambda: store.interaction_count("r"),
            lambda: store.record([asked(50)]),
            lambda: store.sealer,
        ):
            with pytest.raises(IntegrityProblem) as lost:
                work()
            assert lost.value.code == "keys_lost"
            assert "renew-keys" in lost.value.fix
        assert not empty.exists()
        state = store.seal_state()
        assert "are not here" in state.fault
        assert "renew-keys" in state.notes[0]
        assert store.renew_ring() == N
        assert list(store.interactions()) == []
        assert store.record([asked(50)]) == 1
        assert list(store.interactions()) == [asked(50)]
        assert (store.seal_state().destroyed, store.seal_state().fault) == (2 * N, "")


def test_keys_of_another_ledger_are_not_used(
    sealed: SqlStore, ring_url: str, tmp_path: Path, store_url: str
) -> None:
    with sealed_store(f"sqlite:///{tmp_path}/other.db", ring_url) as other:
        with pytest.raises(IntegrityProblem) as refused:
            other.record([asked(1)])
        assert refused.value.code == "keys_of_another"
    second = f"sqlite:///{tmp_path}/second.db"
    with sealed_store(f"sqlite:///{tmp_path}/third.db", second) as third:
        third.record([asked(1)])
    with sealed_store(store_url, second) as store, pytest.raises(IntegrityProblem) as wrong:
        list(store.interactions())
    assert wrong.value.code == "keys_lost"


def test_keys_older_than_the_ledger_are_told_from_destroyed_ones(
    store_url: str, ring_url: str, tmp_path: Path
) -> None:
    with sealed_store(store_url, ring_url) as store:
        store.record([asked(1)])
        with (
            closing(sqlite3.connect(tmp_path / "keys" / "ring.db")) as source,
            closing(sqlite3.connect(tmp_path / "old.db")) as goal,
        ):
            source.backup(goal)
        store.record([asked(2)])
    with sealed_store(store_url, f"sqlite:///{tmp_path}/old.db") as store:
        with pytest.raises(IntegrityProblem) as lost:
            list(store.interactions())
        assert lost.value.code == "row_key_lost"
        assert (store.seal_state().lost, store.seal_state().destroyed) == (1, 0)
        assert "Put back the newest copy" in store.seal_state().notes[0]
        assert store.renew_ring() == 1
        assert list(store.interactions()) == [asked(1)]


def test_rows_from_before_there_were_keys_are_read_and_then_sealed(tmp_path: Path) -> None:
    ledger, ring = f"sqlite:///{tmp_path}/ledger.db", f"sqlite:///{tmp_path}/ring.db"
    with open_store(ledger, SystemClock()) as store:
        store.record([asked(k) for k in range(N)], [said(k) for k in range(N)])
    with sealed_store(ledger, ring) as store:
        store.record([asked(N)])
        assert list(store.interactions()) == [asked(k) for k in range(N + 1)]
        assert store.seal_state().plain == 2 * N
        assert "tuneworthy retention seal" in store.seal_state().notes[0]
        assert store.seal_plain() == 2 * N
        assert store.seal_plain() == 0
        assert store.compact()
        assert holding(tmp_path, texts(range(N + 1))) == set()
        assert list(store.interactions()) == [asked(k) for k in range(N + 1)]
        assert list(store.feedback()) == [said(k) for k in range(N)]
        with closing(keys_at(ring)) as keys:
            own = keys.of(map(person, range(N + 1)))
        ids = [asked(k).id for k in range(N + 1)]
        assert store.readable_copies(own, ids) == N, "backups hold those in the clear"


def test_a_changed_row_is_damage_and_no_crash(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with sealed_store(f"sqlite:///{ledger}", f"sqlite:///{tmp_path}/ring.db") as store:
        store.record([asked(1), asked(2)])
        with closing(sqlite3.connect(ledger)) as insider:
            # Two people's sealed words, each put in the place of the other's.
            insider.execute(
                "UPDATE interactions SET body = (SELECT o.body FROM interactions AS o"
                " WHERE o.id != interactions.id)"
            )
            insider.commit()
        with pytest.raises(IntegrityProblem) as broken:
            list(store.interactions())
    assert broken.value.code == "row_damaged"


def test_a_ledger_without_keys_does_not_take_sealed_rows_for_words(
    sealed: SqlStore, store_url: str
) -> None:
    with open_store(store_url, SystemClock()) as bare:
        with pytest.raises(IntegrityProblem):
            list(bare.interactions())
        with pytest.raises(StoreProblem, match="without keys"):
            _ = bare.sealer


class TestTheRing:
    """On both kinds of database, as many gateways share one."""

    def test_two_who_meet_somebody_at_once_have_one_key(self, store_url: str) -> None:
        found: set[Any] = set()
        faults: list[Problem] = []
        barrier = threading.Barrier(6, timeout=60)

        def meet() -> None:
            with closing(keys_at(store_url)) as keys:
                barrier.wait()
                try:
                    made = keys.make()
                    found.add(made)
                    barrier.wait()
                    found.add(keys.key_for("ann", "2026-03-01"))
                except Problem as fault:
                    faults.append(fault)

        threads = [threading.Thread(target=meet) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults
        assert len(found) == 2, "one ring, and one key"
        with closing(keys_at(store_url)) as keys:
            assert keys.count() == 1
            assert keys.key_for("ann", "2026-03-02") in found
            assert keys.key_for("", "2026-03-02") not in found

    def test_a_key_that_was_used_since_is_not_idle(self, store_url: str) -> None:
        with closing(keys_at(store_url)) as keys:
            assert (keys.found(), keys.of(["ann"]), keys.idle("9")) == ("", frozenset(), [])
            ring = keys.make()
            assert keys.found() == keys.make() == ring
            ann, bob = keys.key_for("ann", "2026-03-01"), keys.key_for("bob", "2026-03-01")
            assert ann.secret != bob.secret
            assert len(ann.secret) == 32
            assert keys.key_for("ann", "2026-03-04") == ann
            assert [key.id for key in keys.idle("2026-03-02")] == [bob.id]
            epoch = keys.epoch()
            assert keys.destroy([ann.id, bob.id], before="2026-03-02") == 1
            assert keys.epoch() == epoch + 1
            assert keys.secrets_of([ann.id, bob.id, "none"]) == {ann.id: ann.secret}
            assert keys.destroyed([ann.id, bob.id, "none"]) == {bob.id}
            assert keys.destroy([bob.id]) == 0
            assert keys.key_for("bob", "2026-03-05").id != bob.id
            assert keys.compact()

    def test_people_are_not_named(self, tmp_path: Path) -> None:
        with closing(keys_at(f"sqlite:///{tmp_path}/ring.db")) as keys:
            keys.make()
            for k in range(N):
                keys.key_for(person(k), "2026-03-01")
            assert holding(tmp_path, texts(range(N))) == set()

    def test_a_gateway_forgets_a_key_that_another_destroyed(self, tmp_path: Path) -> None:
        ring = f"sqlite:///{tmp_path}/ring.db"
        with sealed_store(f"sqlite:///{tmp_path}/ledger.db", ring) as store:
            sealer = store.sealer
            first = sealer.seal_row(asked(1))
            assert sealer.prepared(person(1), asked(1).created_at)
            destroy(store, ring, person(1))
            sealer.refresh()
            assert not sealer.prepared(person(1), asked(1).created_at)
            assert sealer.seal_row(asked(2, person(1))).key != first.key
