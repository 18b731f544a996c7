"""What durable jobs promise, on SQLite and on PostgreSQL alike."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tuneworthy.adapters.durable import JobContext, Jobs
from tuneworthy.core.errors import (
    ConflictProblem,
    IntegrityProblem,
    Problem,
    StoppedProblem,
    StoreProblem,
)


class Bench:
    """Handlers with something to watch."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.go = threading.Event()
        self.inside = threading.Event()
        self.most = 0
        self.now = 0

    def mark(self, name: str, result: Any = None) -> Any:
        self.ran.append(name)
        return result

    def add(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        first = job.step("first", lambda: self.mark("first", payload["n"] + 1))
        job.emit("progress", {"done": 1})
        pair = job.step("second", lambda: self.mark("second", (first, first)))
        return {"sum": sum(pair), "kind": type(pair).__name__, "id": job.job_id}

    def refuse(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        def step() -> None:
            self.mark("refuse")
            raise IntegrityProblem("adapter_changed", "It changed.", why="w", fix="f")

        job.step("only", step)
        return {}

    def bug(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("boom")

    def odd(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        return {"not json": object()}

    def hold(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        job.step("before", lambda: self.mark("before"))

        def wait() -> None:
            self.mark("wait")
            self.inside.set()
            while not self.go.wait(0.01):
                job.check()

        job.step("wait", wait)
        return {"held": True}

    def train(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        def alone() -> None:
            self.now += 1
            self.most = max(self.most, self.now)
            time.sleep(0.05)
            self.now -= 1

        job.step("train", alone)
        return {"n": payload["n"]}

    def nap(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        job.sleep(payload["seconds"])
        return {}

    def other_steps(self, job: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        job.step("another", lambda: None)
        return {}

    @property
    def handlers(self) -> dict[str, Any]:
        names = ("add", "refuse", "bug", "odd", "hold", "train", "nap")
        return {name: getattr(self, name) for name in names}


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def jobs(store_url, bench):
    with Jobs(store_url, "1.0", bench.handlers) as launched:
        yield launched
        bench.go.set()


def test_a_job_gives_its_result(jobs, bench):
    assert jobs.start("add", {"n": 1}, "a").wait() == {"sum": 4, "kind": "list", "id": "a"}
    state = jobs.status("a")
    assert (state.name, state.state, state.version) == ("add", "done", "1.0")
    assert jobs.heard("a", "progress") == {"done": 1}
    assert jobs.heard("a", "nothing") is None
    assert jobs.pending() == []


def test_the_same_id_is_the_same_job(jobs, bench):
    for _ in range(3):
        assert jobs.start("add", {"n": 1}, "a").wait()["sum"] == 4
    assert bench.ran == ["first", "second"]
    with pytest.raises(ConflictProblem) as caught:
        jobs.start("bug", {}, "a")
    assert caught.value.code == "job_id_taken"


def test_a_problem_is_raised_again_as_what_it_was(jobs, bench):
    for _ in range(2):
        with pytest.raises(IntegrityProblem) as caught:
            jobs.start("refuse", {}, "r").wait()
        assert caught.value.to_dict() == {
            "code": "adapter_changed",
            "message": "It changed.",
            "why": "w",
            "fix": "f",
        }
    assert bench.ran == ["refuse"]
    assert jobs.status("r").state == "failed"


def test_a_fault_of_the_program_is_told_apart(jobs):
    for name, said in {"bug": "boom", "odd": "TypeError"}.items():
        with pytest.raises(Problem) as caught:
            jobs.start(name, {}, name).wait()
        assert caught.value.code == "job_fault"
        assert said in caught.value.message
        assert "Traceback" in caught.value.why
        assert jobs.status(name).state == "failed"


def test_jobs_that_are_not_there(jobs):
    assert jobs.status("none") is None
    calls: dict[str, Callable[[], object]] = {
        "job_unknown": lambda: jobs.wait("none"),
        "job_kind_unknown": lambda: jobs.start("nothing", {}, "x"),
    }
    for code, call in calls.items():
        with pytest.raises(StoreProblem) as caught:
            call()
        assert caught.value.code == code


def test_two_trainings_never_run_at_once(jobs, bench):
    handles = [jobs.start("train", {"n": n}, f"t{n}") for n in range(3)]
    assert [one.wait() for one in handles] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert bench.most == 1


def test_a_process_works_for_one_book_at_a_time(jobs, store_url, bench):
    with pytest.raises(StoreProblem) as caught:
        Jobs(store_url, "1.0", bench.handlers).launch()
    assert caught.value.code == "jobs_running"
    assert jobs.start("add", {"n": 1}, "a").wait()["sum"] == 4


def test_a_cancelled_job_ends(jobs, bench):
    handle = jobs.start("hold", {}, "h")
    assert bench.inside.wait(10)
    jobs.cancel("h")
    with pytest.raises(StoppedProblem) as caught:
        handle.wait()
    assert caught.value.code == "job_cancelled"
    assert jobs.status("h").state == "cancelled"


@pytest.mark.parametrize("release", ["1.0", "2.0"])
def test_an_unfinished_job_goes_on_at_the_next_launch(store_url, bench, release):
    with Jobs(store_url, "1.0", bench.handlers) as jobs:
        jobs.start("hold", {}, "h")
        assert bench.inside.wait(10)
        assert [(one.job_id, one.state) for one in jobs.pending()] == [("h", "running")]
    assert bench.ran == ["before", "wait"]
    bench.go.set()
    with Jobs(store_url, release, bench.handlers) as jobs:
        assert jobs.wait("h") == {"held": True}
        state = jobs.status("h")
        assert state is not None
        assert (state.version, state.state) == (release, "done")
    assert bench.ran == ["before", "wait", "wait"]


def test_ctrl_c_leaves_the_job_for_the_next_launch(store_url, bench, monkeypatch):
    jobs = Jobs(store_url, "1.0", bench.handlers)

    def interrupted(job_id: str) -> None:
        raise KeyboardInterrupt

    with jobs:
        jobs.start("hold", {}, "h")
        assert bench.inside.wait(10)
        monkeypatch.setattr(jobs, "_find", interrupted)
        with pytest.raises(KeyboardInterrupt):
            jobs.wait("h")
    bench.go.set()
    with Jobs(store_url, "1.0", bench.handlers) as again:
        assert again.wait("h") == {"held": True}
    assert bench.ran == ["before", "wait", "wait"]


def test_a_sleep_counts_on_through_a_restart(store_url, bench):
    with Jobs(store_url, "1.0", bench.handlers) as jobs:
        jobs.start("nap", {"seconds": 1.5}, "n")
        time.sleep(0.2)
    begun = time.monotonic()
    with Jobs(store_url, "1.0", bench.handlers) as jobs:
        assert jobs.wait("n") == {}
    assert time.monotonic() - begun < 4


def test_changed_steps_are_noticed(store_url, bench):
    with Jobs(store_url, "1.0", bench.handlers) as jobs:
        jobs.start("hold", {}, "h")
        assert bench.inside.wait(10)
    with Jobs(store_url, "2.0", {"hold": bench.other_steps}) as jobs:
        with pytest.raises(ConflictProblem) as caught:
            jobs.wait("h")
        assert caught.value.code == "job_steps_changed"


def test_a_training_left_behind_keeps_its_place_in_the_queue(store_url, bench):
    handlers = {**bench.handlers, "train": bench.hold}
    with Jobs(store_url, "1.0", handlers) as jobs:
        jobs.start("train", {}, "t0")
        assert bench.inside.wait(10)
        jobs.start("train", {}, "t1")
        assert [one.state for one in jobs.pending()] == ["running", "waiting"]
    bench.go.set()
    with Jobs(store_url, "1.1", handlers) as jobs:
        assert [jobs.wait(name) for name in ("t0", "t1")] == [{"held": True}] * 2


def test_owners_on_one_database_leave_each_others_jobs_alone(store_url, bench):
    """A project's training must not be gone on with by another project's process."""
    other = Bench()
    other.go.set()
    theirs = {**other.handlers, "train": other.hold}
    with Jobs(store_url, "1.0", {**bench.handlers, "train": bench.hold}, owner="a") as jobs:
        jobs.start("train", {}, "a-train")
        jobs.start("hold", {}, "a-hold")
        assert bench.inside.wait(10)
    with Jobs(store_url, "1.0", theirs, owner="b") as jobs:
        assert jobs.pending() == []
        assert jobs.start("train", {}, "b-train").wait() == {"held": True}
        time.sleep(1.2)  # longer than the queue's polling
    assert other.ran == ["before", "wait"]
    bench.go.set()
    with Jobs(store_url, "1.0", {**bench.handlers, "train": bench.hold}, owner="a") as jobs:
        assert [jobs.wait(name) for name in ("a-train", "a-hold")] == [{"held": True}] * 2


def test_no_pickle_in_the_book(jobs, store_url):
    with pytest.raises(IntegrityProblem):
        jobs.start("refuse", {}, "r").wait()
    jobs.start("add", {"n": 1}, "a").wait()
    schema = None if store_url.startswith("sqlite") else "dbos"
    engine = sa.create_engine(store_url.replace("postgresql://", "postgresql+psycopg://"))
    found: set[str | None] = set()
    with engine.connect() as connection:
        for name in ("workflow_status", "operation_outputs"):
            book = sa.table(name, sa.column("serialization", sa.Text()), schema=schema)
            found |= {row.serialization for row in connection.execute(sa.select(book))}
    engine.dispose()
    assert found - {None} == {"portable_json"}


def test_nothing_is_printed(store_url, bench, capfd):
    with Jobs(store_url, "1.0", bench.handlers) as jobs:
        with pytest.raises(Problem):
            jobs.start("bug", {}, "b").wait()
        jobs.start("add", {"n": 1}, "a").wait()
    assert capfd.readouterr() == ("", "")


def test_a_place_that_cannot_be_used(bench, tmp_path):
    (tmp_path / "j.db").write_bytes(b"not a database " * 100)
    for url in (f"sqlite:///{tmp_path}/j.db", "postgresql://x@127.0.0.1:1/none"):
        with pytest.raises(StoreProblem) as caught:
            Jobs(url, "1.0", bench.handlers).launch()
        assert caught.value.code == "jobs_unusable"
    with Jobs(f"sqlite:///{tmp_path}/good.db", "1.0", bench.handlers) as jobs:
        assert jobs.start("add", {"n": 1}, "a").wait()["sum"] == 4
    assert (tmp_path / "good.db").stat().st_mode & 0o777 == 0o600  # its owner's alone
    assert os.environ.get("DBOS__CLOUD") is None
