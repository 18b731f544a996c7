"""A version that is to follow another one on the route: Release asks for a drill and for monitors.

For a first release neither can be there, and `gate show` says that it is not asked for yet.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import tuneworthy
from tests.fakes import small_project
from tests.fakes.small_project import (
    GOOD,
    approve,
    edit,
    make_small,
    open_small,
    prepared,
    promote,
    released,
    tick,
)
from tuneworthy.api import hosting
from tuneworthy.api.hosting import Host
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.lifecycle import (
    gates,
    incumbent,
    monitoring,
    rollouts,
    serving,
    training,
    withdrawing,
)
from tuneworthy.lifecycle.backends import Address, Backends
from tuneworthy.lifecycle.wiring import Runtime

LACKS = (
    "serve.rollback_drill: no evidence about the current route",
    "monitor.heartbeat: no evidence about the current route",
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released version. The command line asks the real clock, so this is an hour ago."""
    home = make_small(tmp_path_factory.mktemp("first") / "p")
    with closing(open_small(home, ago(minutes=60))) as opened:
        released(opened)
    return home


@pytest.fixture(scope="module")
def both(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first in production, and a second of which all but drill and monitors is on record."""
    home = Path(shutil.copytree(first, tmp_path_factory.mktemp("both") / "p"))
    with closing(open_small(home, ago(minutes=50))) as opened:
        promote(opened)
    edit(home, "tuneworthy.yaml", "learning_rate: 1.0e-3", "learning_rate: 2.0e-3")
    with pytest.MonkeyPatch.context() as patch, closing(open_small(home, ago(minutes=40))) as later:
        patch.setattr(small_project, "watched_and_drilled", lambda _: None)
        prepared(later)
        approve(later, GateName.PROOF)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "p"


@pytest.fixture
def runtime(first: Path, home: Path) -> Iterator[Runtime]:
    shutil.copytree(first, home)
    with closing(open_small(home, ago(minutes=30))) as opened:
        yield opened


@pytest.fixture
def second(both: Path, home: Path) -> Iterator[Runtime]:
    shutil.copytree(both, home)
    with closing(open_small(home, ago(minutes=30))) as opened:
        yield opened


def ago(**span: float) -> FixedClock:
    return FixedClock(SystemClock().now() - timedelta(**span))


def state_of(runtime: Runtime, name: str) -> ModelState:
    return next(v.state for v in training.versions(runtime) if v.id == name)


def test_a_first_release_is_told_that_neither_is_asked_for(runtime, home, run):
    shown = run("-C", str(home), "gate", "show", "release")
    assert shown.code == 0, shown.out
    when = "where a version is to follow another tuned one that the route serves"
    for name in ("serve.rollback_drill", "monitor.heartbeat"):
        assert f"not asked for yet: {name}: {when}" in shown.out
    promote(runtime)
    # In production it follows itself, so what it was released with goes on to be enough.
    assert gates.state(runtime, GateName.RELEASE).open


def test_from_the_second_on_both_are_asked_for_and_can_be_made_at_once(second, home, run):
    state = gates.state(second, GateName.RELEASE)
    assert (state.missing_evidence, state.not_asked) == (LACKS, ())
    shown = run("-C", str(home), "gate", "show", "release")
    assert shown.code == 3
    assert "to close it: tuneworthy serve drill" in shown.out
    assert "to close it: tuneworthy serve start" in shown.out
    refused = run(
        "-C", str(home), "gate", "approve", "release", "--by", "ed", "--reason", "why not"
    )
    assert refused.code == 3
    route = serving.route_of(second)
    drilled = run("-C", str(home), "serve", "drill")
    assert drilled.code == 0, drilled.out
    assert "my-project-1: back in" in drilled.out
    assert "all is as before" in drilled.out
    assert serving.route_of(second) == route, "nobody was answered by another version"
    assert state_of(second, "my-project-1") == ModelState.PRODUCTION
    tick(second, hours=2)
    assert gates.state(second, GateName.RELEASE).missing_evidence == LACKS[1:]
    monitoring.sign_of_life(second)
    approve(second, GateName.RELEASE)
    # What is newer takes back no decision, and what grows old holds the next start back.
    withdrawing.drill(second, "again")
    tick(second, hours=13)
    monitoring.sign_of_life(second)
    assert gates.state(second, GateName.RELEASE).open
    tick(second, hours=25)
    with pytest.raises(BlockedProblem, match="release gate") as caught:
        rollouts.start(second)
    assert "monitor.heartbeat: older than 1 days" in caught.value.why
    monitoring.sign_of_life(second)
    assert promote(second).state == "promoted"


def test_a_drill_that_failed_or_is_old_keeps_release_shut(second: Runtime) -> None:
    withdrawing.drill(second, "quarterly")
    monitoring.sign_of_life(second)
    assert gates.state(second, GateName.RELEASE).missing_evidence == ()
    small_project.say(
        second, "serve.rollback_drill", [second.project.id], route="r", restored=False
    )
    (lacks,) = gates.state(second, GateName.RELEASE).missing_evidence
    assert lacks.startswith("serve.rollback_drill: restored == true does not hold")
    withdrawing.drill(second, "again")
    tick(second, days=91)
    monitoring.sign_of_life(second)
    assert (
        "serve.rollback_drill: older than 90 days"
        in gates.state(second, GateName.RELEASE).missing_evidence
    )


def test_what_may_not_be_served_any_more_cannot_be_drilled_and_is_rolled_back(
    second: Runtime,
) -> None:
    """With the base in production there is nothing to follow, so nothing is asked either."""
    tick(second, days=200)
    with pytest.raises(BlockedProblem, match="gate of my-project-1 is shut") as caught:
        withdrawing.drill(second, "quarterly")
    assert "serve rollback" in caught.value.fix
    rollouts.retire_production(second, "its approvals have run out")
    told = gates.state(second, GateName.RELEASE)
    assert not [one for one in told.missing_evidence if one in LACKS]
    assert [one.partition(": ")[0] for one in told.not_asked] == [
        one.partition(": ")[0] for one in LACKS
    ]


def test_neither_takes_traffic_from_what_serves(second: Runtime) -> None:
    withdrawing.drill(second, "quarterly")
    monitoring.sign_of_life(second)
    approve(second, GateName.RELEASE)
    promote(second)
    tick(second, days=100)
    assert incumbent.followed(second) == ""
    route = serving.route_of(second)
    assert all(allowed.ok for allowed in serving.state(second).permits.values()), route


def test_a_drill_of_what_is_in_production_is_never_promoted(second: Runtime) -> None:
    before = serving.route_of(second)
    drill = rollouts.rehearse(second)
    with pytest.raises(BlockedProblem, match="nothing to promote"):
        rollouts.end(second, drill.id, "go on", promoted=True)
    # A process that was killed in the middle leaves it to a gateway, which carries it on.
    seen = drill
    for _ in range(3):
        seen = rollouts.look(second, drill.id, [GOOD] * 400)
    assert seen.state == "rolled_back"
    assert serving.route_of(second) == before
    assert state_of(second, "my-project-1") == ModelState.PRODUCTION


@pytest.mark.parametrize("watch", [True, False])
def test_a_gateway_that_keeps_watch_says_so(
    second: Runtime, home: Path, monkeypatch: pytest.MonkeyPatch, watch: bool
) -> None:
    """The monitors' clock strikes weekly; whether anybody listens is said when it starts."""
    nobody = Address("http://127.0.0.1:1/v1", "v")
    monkeypatch.setattr(Backends, "address", lambda *_: nobody)
    monkeypatch.setattr(hosting, "INGEST_SECONDS", 0.05)
    with closing(tuneworthy.open(home)) as work:
        work._runtime.__dict__["base_identity"] = second.base_identity
        with Host(work, watch=watch):
            until = time.monotonic() + (60 if watch else 1)
            while work.last_watch() is None and time.monotonic() < until:
                time.sleep(0.05)
        assert (work.last_watch() is not None) is watch
        release = work.gates()[-1]
    assert release.missing_evidence == (LACKS[:1] if watch else LACKS)
