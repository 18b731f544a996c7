"""What every store promises, on SQLite and on PostgreSQL alike."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import ConflictProblem, IntegrityProblem, StoreProblem
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.chain import read, verify
from tuneworthy.store import migrations, open_store
from tuneworthy.store.schema import VERSION_TABLE
from tuneworthy.store.sql import SqlStore
from tuneworthy.store.tables import REVISIONS, metadata

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)


def person(number: int = 1, name: str = "Ana") -> Person:
    return Person(id=f"p{number}", name=name, roles=(Role.MODEL_OWNER,), public_key="ab")


def event(action: str = "person.add", **more: str) -> AuditDraft:
    return AuditDraft(actor="ana", action=action, object_type="person", object_id="p1", **more)


def interaction(
    number: int, route: str = "r", at: str = "2026-08-01T12:00:00+00:00"
) -> Interaction:
    return Interaction(
        id=f"i{number:04}", route=route, manifest="sha256:m", arm="production", sticky_key="k",
        sticky=True, created_at=at, status=200, stream=False, seconds=0.25, request="{}",
        response="Żółć № 1 \x00 end",
    )  # fmt: skip


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def add(store: SqlStore, *people: Person, **expect: int) -> list[int]:
    with store.change(event()) as change:
        return [change.put(one, **expect) for one in people]


class TestNouns:
    def test_what_was_put_is_got(self, store):
        evidence = Evidence(
            id="e", about="data.profile", project="p", grade=Grade.MEASURED, subjects=("s",),
            producer="job", producer_version="1", created_at="2026-08-01",
            result={"shares": [0.1, 1.0, 1e-9], "deep": {"a": None, "ü": "\x00"}},
        )  # fmt: skip
        with store.change(event()) as change:
            change.put(person())
            change.put(evidence)
        assert store.get(Person, "p1") == person()
        assert store.get(Evidence, "e") == evidence
        assert store.get(Person, "nobody") is None
        assert store.get(Evidence, "p1") is None

    def test_listed_in_the_order_of_creation(self, store_url):
        with open_store(store_url, FixedClock(NOON)) as store:
            add(store, person(3), person(1))
            add(store, person(2))
            add(store, person(3, "Bo"))
            assert [one.id for one in store.list(Person)] == ["p3", "p1", "p2"]
            assert store.list(Evidence) == []

    def test_generations_count_writes(self, store):
        assert store.generation(Person, "p1") == 0
        assert add(store, person()) == [1]
        assert add(store, person(1, "Bo"), person(1, "Cy")) == [2, 3]
        assert store.generation(Person, "p1") == 3
        assert store.get(Person, "p1") == person(1, "Cy")

    @pytest.mark.parametrize(("stands", "expect"), [(0, 1), (1, 0), (2, 1), (1, 2)])
    def test_another_generation_is_a_conflict(self, store, stands, expect):
        for _ in range(stands):
            add(store, person())
        with pytest.raises(ConflictProblem) as caught:
            add(store, person(2), person(1, "Bo"), expect=expect if stands else 1)
        assert caught.value.code == "changed_meanwhile"
        assert store.generation(Person, "p1") == stands
        assert store.get(Person, "p2") is None

    def test_the_expected_generation_is_accepted(self, store):
        assert add(store, person(), expect=0) == [1]
        assert add(store, person(1, "Bo"), expect=1) == [2]

    def test_a_noun_that_is_not_json_is_refused(self, store):
        with pytest.raises(StoreProblem) as caught:
            add(store, person(1, "\ud800"))
        assert caught.value.code == "not_storable"
        assert store.get(Person, "p1") is None
        assert list(store.audit()) == []

    def test_a_document_changed_behind_our_back_is_noticed(self, store, store_url):
        add(store, person())
        engine = engine_of(store_url)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE documents SET body = replace(body, 'Ana', 'Eve')"))
        engine.dispose()
        with pytest.raises(IntegrityProblem) as caught:
            store.get(Person, "p1")
        assert caught.value.code == "document_damaged"
        with pytest.raises(IntegrityProblem):
            store.list(Person)


class TestChain:
    def test_every_change_has_its_event(self, store):
        add(store, person())
        store.note(event("gate.look", decision="deny", reason="not yours"))
        add(store, person(1, "Bo"))
        records = list(store.audit())
        bodies = [read(one.body) for one in records]
        assert verify(records).verified
        assert [one["seq"] for one in bodies] == [1, 2, 3]
        assert [one["action"] for one in bodies] == ["person.add", "gate.look", "person.add"]
        assert bodies[1]["decision"] == "deny"
        assert bodies[0]["before"] == ""
        assert bodies[0]["after"] == bodies[0]["object"]["digest"] == digest(person())
        assert (bodies[2]["before"], bodies[2]["after"]) == (
            digest(person()),
            digest(person(1, "Bo")),
        )
        assert [one.seq for one in store.audit(since=1)] == [2, 3]
        assert verify(store.audit(since=1), start_prev=records[0].hash).verified

    def test_what_the_draft_says_is_kept(self, store_url):
        with open_store(store_url, FixedClock(NOON), policy_version="7") as store:
            draft = event(before="sha256:b", after="sha256:a", object_digest="sha256:o")
            with store.change(draft) as change:
                change.put(person())
            body = read(next(store.audit()).body)
        assert (body["before"], body["after"]) == ("sha256:b", "sha256:a")
        assert body["object"]["digest"] == "sha256:o"
        assert body["policy_version"] == "7"
        assert body["ts"] == NOON.isoformat()

    @pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
    def test_a_body_that_fails_leaves_nothing(self, store, fault):
        add(store, person())

        def fail() -> None:
            with store.change(event()) as change:
                change.put(person(1, "Bo"))
                change.put(person(2))
                change.remember_step("k", "{}")
                raise fault

        with pytest.raises(fault):
            fail()
        assert store.get(Person, "p1") == person()
        assert store.get(Person, "p2") is None
        assert store.step("k") is None
        assert len(list(store.audit())) == 1
        assert add(store, person(1, "Bo")) == [2]

    def test_an_event_that_cannot_be_recorded_undoes_the_change(self, store):
        with pytest.raises(StoreProblem), store.change(event(reason="\ud800")) as change:
            change.put(person())
        assert store.get(Person, "p1") is None

    def test_an_os_error_of_the_body_is_not_a_store_problem(self, store):
        with pytest.raises(FileNotFoundError), store.change(event()):
            raise FileNotFoundError

    def test_the_log_only_grows(self, store, store_url):
        add(store, person())
        add(store, person())
        orders = [
            "UPDATE audit SET hash = 'x' WHERE seq = 1",
            "DELETE FROM audit WHERE seq = 2",
            "DELETE FROM audit",
        ]
        if store_url.startswith("sqlite"):
            orders += [
                "REPLACE INTO audit SELECT seq, body, 'x' FROM audit WHERE seq = 2",
                "INSERT INTO audit SELECT seq + 2, body, hash FROM audit WHERE seq = 2",
            ]
        else:
            orders += ["TRUNCATE audit"]
        engine = engine_of(store_url)
        for order in orders:
            with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as one:
                one.execute(sa.text(order))
        engine.dispose()
        assert verify(store.audit()).events == 2

    def test_a_long_chain_is_read_whole(self, store):
        for _ in range(3):
            store.note(event())
        with store.change(event()):
            seen = list(store.audit())  # reading inside a change sees what stood before
        assert len(seen) == 3

    def test_a_change_inside_a_change_is_refused_at_once(self, store):
        with store.change(event()) as change:
            change.put(person())
            with pytest.raises(StoreProblem) as caught:
                store.note(event())
            with pytest.raises(StoreProblem):
                store.record([interaction(1)])
        assert caught.value.code == "nested_change"
        assert len(list(store.audit())) == 1


class TestSteps:
    def test_a_step_is_remembered(self, store):
        assert store.step("sha256:k") is None
        for output in ('{"a": 1}', '{"a": 2}'):
            with store.change(event()) as change:
                change.remember_step("sha256:k", output)
            assert store.step("sha256:k") == output


class TestNewestEvent:
    def test_it_counts_every_change_and_note(self, store):
        assert store.last_event() == 0
        add(store, person())
        assert store.last_event() == 1
        store.note(event())
        assert store.last_event() == 2
        assert [record.seq for record in store.audit()] == [1, 2]


class TestGatewayRows:
    def test_rows_are_kept_once(self, store):
        rows = [interaction(n) for n in range(3)]
        heard = Feedback(id="f", interaction="i0001", score=1.0, source="user", created_at="t")
        assert store.record(rows, [heard]) == 4
        assert store.record([*rows, interaction(3)], [heard]) == 1
        assert store.record([]) == 0
        assert store.interaction("i0001") == rows[1]
        assert store.interaction("none") is None
        assert list(store.interactions()) == [*rows, interaction(3)]
        assert store.interaction_count(rows[0].route) == 4
        assert store.interaction_count("none") == 0
        assert list(store.feedback()) == list(store.feedback("i0001")) == [heard]
        assert list(store.feedback("i0002")) == []

    def test_oldest_first_over_many_pages(self, store):
        rows = [
            interaction(n, route="even" if n % 2 == 0 else "odd", at=f"2026-08-{28 - n % 9:02}")
            for n in range(1203)
        ]
        assert store.record(rows) == 1203
        expected = sorted(rows, key=lambda one: (one.created_at, one.id))
        assert list(store.interactions()) == expected
        assert list(store.interactions("odd")) == [one for one in expected if one.route == "odd"]
        late = [one for one in expected if one.route == "odd" and one.created_at >= "2026-08-25"]
        assert list(store.interactions("odd", since="2026-08-25")) == late
        assert list(store.newest_interactions("odd", 7)) == late[-7:]
        assert list(store.newest_interactions("none", 7)) == []

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(text=st.text(), number=st.floats(allow_nan=False, allow_infinity=False))
    def test_any_text_comes_back(self, store, text, number):
        row = interaction(1).model_copy(
            update={"id": digest([text, number]), "request": text, "seconds": abs(number) % 1e6}
        )
        store.record([row])
        assert store.interaction(row.id) == row


class TestOpening:
    def test_what_was_written_is_there_after_reopening(self, store_url):
        with open_store(store_url, SystemClock()) as store:
            add(store, person())
        with open_store(store_url, SystemClock()) as store:
            assert store.get(Person, "p1") == person()
            add(store, person(2))
            assert verify(store.audit()).events == 2

    def test_migrations_make_the_tables_that_the_program_expects(self, store, store_url):
        engine = engine_of(store_url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            found = compare_metadata(context, metadata)
            assert [one for one in found if VERSION_TABLE not in str(one)] == []
        engine.dispose()

    def test_every_migration_is_known(self):
        scripts = ScriptDirectory(str(next(iter(migrations.__path__))))
        known = [one.revision for one in scripts.walk_revisions()][::-1]
        assert tuple(known) == REVISIONS

    def test_a_newer_store_is_refused_with_words(self, store, store_url):
        store.close()
        engine = engine_of(store_url)
        with engine.begin() as connection:
            connection.execute(
                sa.update(sa.table(VERSION_TABLE, sa.column("version_num"))).values(
                    version_num="0999"
                )
            )
        engine.dispose()
        with pytest.raises(StoreProblem, match="newer release") as caught:
            open_store(store_url, SystemClock())
        assert caught.value.code == "store_newer"
        assert "upgrade" in caught.value.fix

    def test_many_open_a_new_store_at_once(self, store_url):
        faults: list[StoreProblem] = []
        barrier = threading.Barrier(8)

        def work(number: int) -> None:
            try:
                barrier.wait()
                with open_store(store_url, SystemClock()) as store:
                    add(store, person(number))
            except StoreProblem as fault:
                faults.append(fault)

        run(work, 8)
        assert faults == []
        with open_store(store_url, SystemClock()) as store:
            assert verify(store.audit()).events == 8


def run(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class TestConcurrency:
    def test_of_sixteen_threads_one_wins(self, store):
        add(store, person())
        won: list[int] = []
        lost: list[str] = []
        barrier = threading.Barrier(16)

        def work(number: int) -> None:
            barrier.wait()
            try:
                add(store, person(1, f"name {number}"), expect=1)
                won.append(number)
            except ConflictProblem as fault:
                lost.append(fault.code)

        run(work, 16)
        assert len(won) == 1
        assert lost == ["changed_meanwhile"] * 15
        assert store.get(Person, "p1") == person(1, f"name {won[0]}")
        report = verify(store.audit())
        assert (report.verified, report.events) == (True, 2)

    def test_of_four_processes_one_wins_and_the_chain_stands(self, store, store_url):
        program = """
import sys
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import ConflictProblem
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.nouns.people import Person
from tuneworthy.store import migrations, open_store

draft = AuditDraft(actor="a", action="x", object_type="person", object_id="p")
with open_store(sys.argv[1], SystemClock()) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for turn in range(10):
        try:
            with store.change(draft) as change:
                noun = Person(id="p", name=f"{sys.argv[2]}", roles=(), public_key="")
                change.put(noun, expect=turn)
            print("won", turn, flush=True)
        except ConflictProblem:
            pass
"""
        children = [
            subprocess.Popen(
                [sys.executable, "-c", program, store_url, str(number)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={"PYTHONPATH": "src", "PATH": "/usr/bin:/bin"},
            )
            for number in range(4)
        ]  # fmt: skip
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        output = []
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        for child in children:
            output += child.communicate(timeout=60)[0].splitlines()
            assert child.returncode == 0
        won = sorted(int(line.split()[1]) for line in output)
        assert won == sorted(set(won)), "two won the same turn"
        assert won == list(range(store.generation(Person, "p")))
        report = verify(store.audit())
        assert (report.verified, report.events) == (True, len(won))


class TestSqliteFile:
    def test_settings_that_keep_the_promise(self, tmp_path):
        url = f"sqlite:///{tmp_path}/deep/er/ledger.db"
        with open_store(url, SystemClock()) as store, store._engine.connect() as connection:
            pragma = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragma == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 30000,
        }
        assert (tmp_path / "deep/er/ledger.db").stat().st_mode & 0o077 == 0

    def test_a_folder_with_a_blank_in_its_name(self, tmp_path):
        folder = tmp_path / "my store (ü) 100%"
        with open_store(f"sqlite:///{folder}/l.db", SystemClock()) as store:
            add(store, person())
        assert (folder / "l.db").exists()

    def test_a_full_disk_is_said_plainly(self, tmp_path):
        with open_store(f"sqlite:///{tmp_path}/l.db", SystemClock()) as store:
            add(store, person())

            @sa.event.listens_for(store._engine, "checkout")
            def shrink(connection, record, proxy):
                connection.execute("PRAGMA max_page_count = 1")

            with pytest.raises(StoreProblem) as caught:
                add(store, person(2, "x" * 1_000_000))
            assert caught.value.code == "disk_full"
            assert "space" in caught.value.fix
            assert store.get(Person, "p2") is None
            assert len(list(store.audit())) == 1

    def test_a_damaged_file_is_said_plainly(self, tmp_path):
        (tmp_path / "l.db").write_bytes(b"not a database at all " * 100)
        with pytest.raises(StoreProblem) as caught:
            open_store(f"sqlite:///{tmp_path}/l.db", SystemClock())
        assert caught.value.code == "store_unreadable"
        assert "backup" in caught.value.fix

    def test_a_locked_file_is_said_plainly(self, tmp_path, monkeypatch):
        monkeypatch.setattr("tuneworthy.store.engine.WAIT_SECONDS", 0)
        url = f"sqlite:///{tmp_path}/l.db"
        with open_store(url, SystemClock()) as one, open_store(url, SystemClock()) as two:
            with one.change(event()):
                with pytest.raises(StoreProblem) as caught:
                    two.note(event())
                assert caught.value.code == "store_busy"
            two.note(event())
            assert verify(one.audit()).events == 2


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://x/y", "store_url_wrong"),
        ("sqlite://", "store_url_wrong"),
        ("what is this", "store_url_wrong"),
        ("postgresql://nobody@127.0.0.1:1/none", "store_unreachable"),
        ("sqlite:////proc/nowhere/l.db", "disk_failed"),
    ],
)
def test_places_that_cannot_be_opened(url, code):
    with pytest.raises(StoreProblem) as caught:
        open_store(url, SystemClock())
    assert caught.value.code == code
    assert caught.value.fix


def test_a_password_is_never_shown():
    with pytest.raises(StoreProblem) as caught:
        open_store("postgresql://u:secret@127.0.0.1:1/none", SystemClock())
    assert "secret" not in str(caught.value.to_dict())


def test_importing_the_room_is_light():
    program = "import sys, tuneworthy.store; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": "src"},
    )  # fmt: skip
    assert done.stdout == "False\n"
