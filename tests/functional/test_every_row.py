"""Whatever an administrator does to one row of the ledger, ``audit verify`` says so."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.fakes.forger import Forger
from tests.fakes.live_shop import answer
from tests.fakes.small_project import make_small, open_small, promote, released, tick
from tests.fakes.tamperer import Tamperer
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.monitoring import Alert
from tuneworthy.core.nouns.serving import Route
from tuneworthy.lifecycle import (
    acknowledging,
    aliases,
    auditing,
    holds,
    monitoring,
    requesting,
    rollouts,
    serving,
    taints,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions, one of them in production, and something of all that people can say."""
    made = make_small(tmp_path_factory.mktemp("every") / "p")
    with closing(open_small(made, FixedClock(AT))) as runtime:
        version = released(runtime)
        promote(runtime)
        rollouts.retire_production(runtime, "not sure")
        tick(runtime)
        promote(runtime)
        holds.hold(runtime, "cust-1", "bo", "case 4")
        aliases.give(runtime, "blue", version.id)
        requesting.request(runtime, GateName.PROOF, runtime.head.model, "di", "decide")
        alert = Alert(
            id="sha256:" + "a" * 64, project=runtime.project.id, about="x", severity="critical",
            message="m", owner="ed", evidence=(), created_at=runtime.now(),
        )  # fmt: skip
        monitoring.wake(runtime, alert)
        taints.mark(runtime, "e1", {version.id: 3}, "bo")
    return made


@pytest.fixture
def tamperer(home: Path) -> Iterator[Tamperer]:
    with Tamperer(home) as made:
        yield made


def said(home: Path) -> str:
    """What ``audit verify`` says is wrong; empty when nothing is."""
    with closing(open_small(home, FixedClock(AT.replace(day=2)))) as runtime:
        try:
            found = auditing.verify(runtime, keep=False)
        except IntegrityProblem as problem:
            return problem.message
    return "" if found.verified else found.first_fault


def test_every_row_is_held_to_the_chain(home: Path, tamperer: Tamperer) -> None:
    assert said(home) == ""
    kinds, silent = {row["kind"] for row in tamperer.rows}, []
    for tampering in tamperer.everything(most=1):
        with tamperer.done(tampering):
            if not said(home):
                silent.append(tampering[:2])
    assert len(kinds) > 14
    assert silent == []
    assert said(home) == ""


def test_a_row_is_put_back_as_it_was(home: Path, tmp_path: Path) -> None:
    """Every byte of the row was written by the program once."""
    here = Path(shutil.copytree(home, tmp_path / "p"))
    with closing(open_small(here, FixedClock(AT.replace(day=2)))) as runtime:
        before = runtime.store.list(Alert)[0]
        acknowledging.acknowledge(runtime, before.id, "ed", "seen")
    assert said(here) == ""
    with closing(Forger(here)) as forger:
        forger.put(before, event=False)
    assert "the alert" in said(here)


def test_an_older_ledger_is_believed_as_it_was_and_held_from_then_on(
    home: Path, tmp_path: Path
) -> None:
    """Events of earlier releases name no rows; that is nobody's tampering."""
    here = Path(shutil.copytree(home, tmp_path / "p"))
    with closing(Forger(here)) as forger:
        forger.forget_rows()
    assert said(here) == ""
    with closing(open_small(here, FixedClock(AT.replace(day=2)))) as runtime:
        rollouts.retire_production(runtime, "it harms")
        alias = aliases.give(runtime, "green", runtime.head.version)
        route = runtime.store.list(Route)[0]
    assert said(here) == ""
    for row, other in (
        (alias, alias.model_copy(update={"name": "red"})),
        (route, route.model_copy(update={"previous": route.production})),
        (None, alias.model_copy(update={"id": "red"})),
    ):
        with closing(Forger(here)) as forger:
            forger.put(other, event=False)
            assert said(here) != ""
            if row is None:
                forger.delete(other)
            else:
                forger.put(row, event=False)
        assert said(here) == ""


def test_what_is_written_meanwhile_is_no_tampering(home: Path, tmp_path: Path) -> None:
    here, over = Path(shutil.copytree(home, tmp_path / "p")), Event()

    def work() -> None:
        with closing(open_small(here, FixedClock(AT.replace(day=2)))) as runtime:
            while not over.is_set():
                aliases.give(runtime, "blue", runtime.head.version)

    worker = Thread(target=work)
    worker.start()
    try:
        assert {said(here) for _ in range(20)} == {""}
    finally:
        over.set()
        worker.join()


def test_recorded_traffic_stands_outside_the_chain(home: Path, tmp_path: Path) -> None:
    """As the documents say: what was deleted or put in there does not show, a changed row does."""
    here = Path(shutil.copytree(home, tmp_path / "p"))
    with closing(open_small(here, FixedClock(AT.replace(day=2)))) as runtime:
        manifest = serving.route_of(runtime).production
        runtime.store.record([answer(f"r{n}", runtime, manifest, "production") for n in range(3)])
        made_up = answer("m1", runtime, manifest, "production").model_dump_json()
    with closing(sqlite3.connect(here / ".tuneworthy" / "tuneworthy.db")) as ledger, ledger:
        columns = "route, manifest, arm, created_at, status, seconds"
        ledger.execute(
            f"insert into interactions (id, {columns}, body, key) "  # noqa: S608
            f"select 'm1', {columns}, ?, '' from interactions where id = 'r1'",
            (made_up,),
        )
        ledger.execute(
            "update interactions set body = (select body from interactions where id = 'r1') "
            "where id = 'r0'"
        )
        ledger.execute("delete from interactions where id = 'r1'")
    assert said(here) == ""
    with closing(open_small(here, FixedClock(AT.replace(day=2)))) as runtime:
        assert runtime.store.interaction("r1") is None
        assert runtime.store.interaction("m1") is not None
        with pytest.raises(IntegrityProblem):
            runtime.store.interaction("r0")
