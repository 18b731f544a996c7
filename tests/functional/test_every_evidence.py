"""Every piece of evidence that any gate asks for, in the database of a project in production.

Taken away, put in unasked, changed, moved to another subject or grown old: its gate shuts, and says
why. Conditions on results and grades are tried by themselves beside the rules.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.forger import Forger
from tests.fakes.small_project import (
    approve,
    make_small,
    open_small,
    prepared,
    promote,
    released,
    say,
    tick,
    write_rows,
)
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, IntegrityProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import GateName, GateState
from tuneworthy.govern import load_policy
from tuneworthy.lifecycle import gates, suite_ledger
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LATE = datetime(2026, 3, 3, tzinfo=UTC)
EVERY = [
    pytest.param(gate, requirement.about, id=f"{gate.value}-{requirement.about}")
    for gate in GateName
    for requirement in load_policy().gates[gate].requires
]

LOOKED_AT = ("serve.rollback_drill", "monitor.heartbeat")
"""What must stand at each look, and is no part of what people sign."""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four gates open: a second version, with canaries and a suite of its own, after one."""
    home = make_small(tmp_path_factory.mktemp("evidence") / "ready")
    with (home / "tuneworthy.yaml").open("a") as file:
        file.write("\ncanaries: 5\n")
    clock = FixedClock(BEGIN)
    with closing(open_small(home, clock)) as runtime:
        released(runtime)
        promote(runtime)
    (home / "suites").mkdir()
    (home / "suites" / "tone.yaml").write_text("metric: exact_match\n", encoding="utf-8")
    write_rows(home, "see")
    with closing(open_small(home, clock)) as runtime:
        prepared(runtime)
        say(runtime, "eval.guards", [suite_ledger.standing(runtime)], not_run=0, failed=0)
        # One that stands, so that what else grows old is seen by itself.
        say(runtime, "monitor.heartbeat", [runtime.project.id], at=runtime.now(), requests=0)
        for gate in (GateName.PROOF, GateName.RELEASE):
            approve(runtime, gate)
    return home


@pytest.fixture
def home(ready: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ready, tmp_path / "p"))


@contextmanager
def opened(home: Path, at: datetime = LATE) -> Iterator[Runtime]:
    with closing(open_small(home, FixedClock(at))) as runtime:
        yield runtime


@pytest.fixture
def forger(home: Path) -> Iterator[Forger]:
    with closing(Forger(home)) as made:
        yield made


def state(home: Path, gate: GateName) -> GateState:
    with opened(home) as runtime:
        return gates.state(runtime, gate)


def used(home: Path, gate: GateName, about: str) -> Evidence:
    """The piece that the open gate rests on."""
    with opened(home) as runtime:
        found = gates.state(runtime, gate)
        assert found.open, found
        every = [item for item in runtime.evidence() if item.about == about]
        if about in LOOKED_AT:
            return every[-1]
        id_ = gates.bundle(runtime, gate).evidence[about]
        return next(item for item in every if item.id == id_)


def take_out(home: Path, forger: Forger, about: str) -> None:
    """Take away every piece of this name, and every event that names one."""
    with opened(home) as runtime:
        ids = [item.id for item in runtime.evidence() if item.about == about]
    for id_ in dict.fromkeys(ids):
        forger.take_out("evidence", id_)


def rewritten(item: Evidence, **changes: object) -> Evidence:
    """Another piece, with a digest that is right."""
    facts = {**item.model_dump(mode="json", exclude={"id"}), **changes}
    return Evidence.model_validate({"id": digest(facts), **facts})


def assert_shut(home: Path, gate: GateName, about: str, why: str) -> None:
    found = state(home, gate)
    assert not found.open
    assert [said for said in found.missing_evidence if said.startswith(f"{about}: ")]
    assert all(why in said for said in found.missing_evidence), found.missing_evidence
    with opened(home) as runtime, pytest.raises(BlockedProblem) as caught:
        gates.require(runtime, gate)
    assert why in caught.value.why


@pytest.mark.parametrize(("gate", "about"), EVERY)
def test_it_is_taken_away(home: Path, forger: Forger, gate: GateName, about: str) -> None:
    """The row alone is missed by the chain; with its event too, the gate lacks it."""
    item = used(home, gate, about)
    forger.delete(item)
    with opened(home) as runtime, pytest.raises(IntegrityProblem) as caught:
        gates.require(runtime, gate)
    assert caught.value.code == "evidence_missing"
    assert about in caught.value.message + caught.value.why
    forger.put(item)
    take_out(home, forger, about)
    assert_shut(home, gate, about, "no evidence about the current")


@pytest.mark.parametrize(("gate", "about"), EVERY)
def test_it_is_changed_where_it_stands(
    home: Path, forger: Forger, gate: GateName, about: str
) -> None:
    item = used(home, gate, about)
    forger.put(item.model_copy(update={"result": {**item.result, "more": 1}}))
    assert_shut(home, gate, about, "not what its digest says")


@pytest.mark.parametrize(("gate", "about"), EVERY)
def test_another_is_put_in_unasked(home: Path, forger: Forger, gate: GateName, about: str) -> None:
    """Without an event it counts for nothing; with one, nobody has signed it."""
    item = used(home, gate, about)
    better = rewritten(item, created_at=LATE.isoformat(timespec="milliseconds"))
    forger.put(better, event=False)
    assert state(home, gate).open
    assert used(home, gate, about) == item
    forger.put(better)
    found = state(home, gate)
    if about == gates.PEOPLE:
        assert found.open, "the first naming of people stands"
        return
    if about in LOOKED_AT:
        assert found.open, "as good as the one before it, and nobody signs it"
        return
    assert not found.open
    assert not found.missing_evidence
    assert not found.approvers


@pytest.mark.parametrize(("gate", "about"), EVERY)
def test_it_is_about_something_else(home: Path, forger: Forger, gate: GateName, about: str) -> None:
    item = used(home, gate, about)
    take_out(home, forger, about)
    forger.put(rewritten(item, subjects=["sha256:" + "0" * 64]))
    assert_shut(home, gate, about, "no evidence about the current")


@pytest.mark.parametrize(("gate", "about"), EVERY)
def test_it_grows_old(home: Path, forger: Forger, gate: GateName, about: str) -> None:
    """Everybody has approved it while it was fresh."""
    item = used(home, gate, about)
    take_out(home, forger, about)
    day = LATE - timedelta(hours=1)
    forger.put(rewritten(item, created_at=day.isoformat(), stale_after_days=1))
    with opened(home) as runtime:
        approve(runtime, gate)
        tick(runtime, hours=22)
        assert gates.state(runtime, gate).open
        tick(runtime, hours=2)
        found = gates.state(runtime, gate)
        assert not found.open
        assert found.missing_evidence == (f"{about}: older than 1 days",)
