"""A version that is to follow another one on the route: Release asks for a drill and for monitors.

For a first release neither can be there, and `gate show` says that it is not asked for yet.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

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
from tuneworthy.lifecycle.wiring import Runtime

LACKS = (
    "serve.rollback_drill: no evidence about the current route",
    "monitor.heartbeat: no evidence about the current route",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_small(tmp_path / "p")


@pytest.fixture
def runtime(home: Path) -> Iterator[Runtime]:
    """A released version. The command line asks the real clock, so this is an hour ago."""
    with closing(open_small(home, FixedClock(SystemClock().now() - timedelta(hours=1)))) as opened:
        released(opened)
        yield opened


@pytest.fixture
def second(runtime: Runtime, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """A second version, of which everything but drill and monitors is on record."""
    promote(runtime)
    edit(home, "tuneworthy.yaml", "learning_rate: 1.0e-3", "learning_rate: 2.0e-3")
    monkeypatch.setattr(small_project, "watched_and_drilled", lambda _: None)
    with closing(open_small(home, FixedClock(runtime.clock.now() + timedelta(seconds=1)))) as later:
        prepared(later)
        approve(later, GateName.PROOF)
        yield later


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
