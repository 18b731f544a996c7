"""What is erased is gone from rows and files alike, on both kinds of database."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from tests.fakes.marked_people import live, mark, subject, word_on
from tests.fakes.postgres import new_database
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.labelling import Annotation, LabelItem
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.chain import verify
from tuneworthy.methods.needles import Needles
from tuneworthy.store import open_store
from tuneworthy.store.sql import SqlStore

N = 30


def event(action: str) -> AuditDraft:
    return AuditDraft(actor="bo", action=action, object_type="thing", object_id="x")


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    store.record([live("shop", k) for k in range(N)], [word_on(k) for k in range(N)])
    store.answers.keep({f"k{k:02}": mark(k) for k in range(N)})
    items = [LabelItem(id=str(k), position=k, text=mark(k), need=1) for k in range(N)]
    given = [judged(k) for k in range(N)]
    with store.change(event("fill")) as change:
        change.put(Head(id="p", dataset=mark(0)))
        change.remember_step("s", mark(1))
        change.labels.add_items("q", items)
        change.labels.annotate("batch", given)
    return store


def judged(k: int) -> Annotation:
    facts = {
        "queue": "q", "item": str(k), "person": "bo", "value": mark(k), "guide": "g",
        "skipped": "", "replaces": "", "origin": "tuneworthy", "created_at": "2026-03-01",
    }  # fmt: skip
    return Annotation.model_validate({"id": digest(facts), **facts})


def test_every_text_is_shown_once(filled: SqlStore) -> None:
    found = [(one.table, one.key) for one in filled.texts()]
    assert len(found) == len(set(found)) == 5 * N + 2
    needles = Needles([mark(k) for k in range(N)])
    assert all(needles.hit(text.body.encode()) for text in filled.texts())


def test_rows_are_deleted_and_counted(filled: SqlStore) -> None:
    with filled.change(event("erase")) as change:
        ids = [f"chatcmpl-{k:06}" for k in range(5)]
        gone = [judged(0).id, judged(1).id]
        assert change.erase.interactions(ids) == (5, 5)
        assert change.erase.interactions(ids) == (0, 0)
        assert change.erase.feedback(["fb-6", "fb-none"]) == 1
        assert change.erase.annotations("q", gone, "batch", "rest") == 2
        assert change.erase.annotations("other", [judged(2).id], "rest", "more") == 0
        assert change.erase.label_items("q", ["0", "1"]) == 2
        assert change.erase.answers(["k00"]) == 1
        assert change.erase.answers() == N - 1
        assert change.erase.steps(["s", "t"]) == 1
    assert len(list(filled.interactions())) == N - 5
    assert {one.batch for one in filled.labels.annotations("q")} == {"rest"}
    assert verify(filled.audit()).verified


def test_a_change_that_fails_erases_nothing(filled: SqlStore) -> None:
    def fail() -> None:
        with filled.change(event("erase")) as change:
            change.erase.answers()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert len(filled.older("answers", "")) == N


def test_a_noun_is_read_again_as_it_was_rewritten(filled: SqlStore) -> None:
    with filled.change(event("rewrite")) as change:
        change.erase.rewrite("head", "p", Head(id="p", dataset="gone").model_dump_json())
    found = filled.get(Head, "p")
    assert found is not None
    assert found.dataset == "gone"
    assert filled.generation(Head, "p") == 2


def test_rows_are_told_by_age(filled: SqlStore) -> None:
    assert filled.oldest("interactions") == "2026-03-01T00:00:00+00:00"
    assert filled.older("interactions", "2026-03-01T00:00:02+00:00") == [
        "chatcmpl-000000",
        "chatcmpl-000001",
    ]
    assert filled.older("feedback", "2026-03-01") == []


def test_rows_of_other_routes_are_left_out(filled: SqlStore) -> None:
    """A word is its interaction's; one without it is of no route."""
    filled.record([live("bank", N)], [word_on(N), word_on(N + 1)])
    assert filled.older("interactions", "", ["shop", "none"]) == [f"chatcmpl-{N:06}"]
    assert filled.older("feedback", "", ["shop"]) == [f"fb-{N}", f"fb-{N + 1}"]
    assert set(filled.older("feedback", "", ["bank"])) == {f"fb-{k}" for k in (*range(N), N + 1)}
    assert filled.oldest("interactions", ["shop"]) == f"2026-03-01T00:00:{N:02}+00:00"
    assert filled.oldest("interactions", ["shop", "bank"]) == ""
    assert len(filled.older("interactions", "")) == N + 1


def test_nothing_is_left_in_the_files(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_store(url, SystemClock()) as store:
        store.record([live("shop", k) for k in range(N)])
        with store.change(event("erase")) as change:
            change.erase.interactions([f"chatcmpl-{k:06}" for k in range(N)])
        assert store.compact()
        files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(word.encode() in files for k in range(N) for word in (mark(k), subject(k)))


def test_nothing_is_left_in_the_tables_of_postgresql(postgres_server: str) -> None:
    """Nor in what it notes of rows to plan by. Its log keeps them until it is written over."""
    url = new_database(postgres_server)
    cluster = Path(str(make_url(url).query["host"])) / "data"
    texts = [word for k in range(N) for word in (mark(k), subject(k))]
    admin = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)

    def run(*statements: str) -> list[str]:
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as free:
            for statement in statements[:-1]:
                free.execute(text(statement))
            return [str(row[0]) for row in free.execute(text(statements[-1]))]

    (own,) = run("SELECT oid FROM pg_database WHERE datname = current_database()")
    noted = "SELECT CAST(s AS text) FROM pg_stats AS s WHERE schemaname = 'public'"
    with open_store(url, SystemClock()) as store:
        store.record([live("shop", k) for k in range(N)], [word_on(k) for k in range(N)])
        assert any(word in row for row in run("ANALYZE", "CHECKPOINT", noted) for word in texts)
        assert f"base/{own}" in holders(cluster, texts)
        with store.change(event("erase")) as change:
            change.erase.interactions([f"chatcmpl-{k:06}" for k in range(N)])
        assert store.compact()
        left = run("CHECKPOINT", noted)
        assert not [row for row in left for word in texts if word in row]
        # Other tests have databases on this server too.
        left = [name for name in holders(cluster, texts) if not name.startswith("base/")]
        assert f"base/{own}" not in holders(cluster, texts)
        assert left == ["pg_wal"], "which the page on erasing says"
        # From now on none is noted either.
        store.record([live("shop", k) for k in range(N)], [word_on(k) for k in range(N)])
        again = run("ANALYZE", noted)
        assert not [row for row in again for word in texts if word in row]
    admin.dispose()


def holders(cluster: Path, texts: list[str]) -> set[str]:
    """The folders of a database server in whose files any of these texts stands."""
    found = set()
    for path in cluster.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if any(word.encode() in data for word in texts):
                found.add(str(path.parent.relative_to(cluster)))
    return found


def test_whoever_is_reading_keeps_it_from_being_written_anew(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_store(url, SystemClock()) as store:
        store.record([live("shop", 0)])
        reader = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM interactions").fetchone()
        with store.change(event("erase")) as change:
            change.erase.interactions(["chatcmpl-000000"])
        assert not store.compact()
        reader.close()
        assert store.compact()


def test_the_database_is_written_anew_under_the_chain(filled: SqlStore) -> None:
    with filled.change(event("erase")) as change:
        change.erase.answers()
    assert filled.compact()
    assert filled.compact()
    assert verify(filled.audit()).verified
