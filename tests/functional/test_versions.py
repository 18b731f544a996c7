"""Names of versions follow the traffic, one person withdraws a version, a drill is measured."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fakes.racing import BEGIN, prepare
from tests.fakes.small_project import GOOD, edit, open_small, prepared, promote, released, tick
from tuneworthy.cli.main import cli
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, ConflictProblem, UsageProblem
from tuneworthy.core.nouns.alias import Alias
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.serving import Route
from tuneworthy.lifecycle import (
    aliases,
    gates,
    readmitting,
    retention,
    retiring,
    rollouts,
    serving,
    training,
    withdrawing,
)
from tuneworthy.lifecycle.wiring import Runtime


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("versions") / "ready")


@pytest.fixture
def home(ready: Path, tmp_path: Path) -> Path:
    shutil.copytree(ready, tmp_path / "p")
    return tmp_path / "p"


@pytest.fixture
def runtime(home: Path) -> Iterator[Runtime]:
    with closing(open_small(home, FixedClock(BEGIN))) as opened:
        tick(opened, hours=1)
        yield opened


def test_champion_and_candidate_follow_the_traffic(runtime: Runtime) -> None:
    assert aliases.named(runtime) == {"candidate": "my-project-1"}
    rollout = rollouts.start(runtime)
    assert aliases.named(runtime) == {"candidate": "my-project-1"}
    while rollout.state != "promoted":
        rollout = rollouts.look(runtime, rollout.id, [GOOD] * 400)
    assert aliases.named(runtime) == {"champion": "my-project-1"}
    rollouts.retire_production(runtime, "back")
    assert "champion" not in aliases.named(runtime)


def test_names_of_ones_own(runtime: Runtime) -> None:
    assert aliases.give(runtime, "best-so-far", "candidate").version == "my-project-1"
    assert aliases.resolve(runtime, "best-so-far").id == "my-project-1"
    state = serving.open_route(runtime)
    assert serving.route_of(runtime) == state, "an alias moves no traffic"
    for name in ("champion", "candidate", "Capital", "a b", "", "my-project-1", "x" * 64):
        with pytest.raises(UsageProblem):
            aliases.give(runtime, name, "my-project-1")
    with pytest.raises(ConfigProblem, match="no model version"):
        aliases.give(runtime, "good", "my-project-9")


def test_no_row_names_a_champion(runtime: Runtime) -> None:
    facts = {"project": "my-project", "name": "champion", "version": "my-project-1"}
    row = Alias(id="my-project/champion", created_at=runtime.now(), **facts)
    with runtime.change("alias.give", ("alias", row.id, "")) as change:
        change.put(row)
    assert "champion" not in aliases.named(runtime)


def test_a_name_given_twice_at_once_is_given_once(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = aliases.resolve

    def meanwhile(at: Runtime, name: str) -> object:
        monkeypatch.setattr(aliases, "resolve", genuine)
        aliases.give(at, "good", name)
        return genuine(at, name)

    monkeypatch.setattr(aliases, "resolve", meanwhile)
    with pytest.raises(ConflictProblem):
        aliases.give(runtime, "good", "my-project-1")


def test_what_is_quarantined_in_production_gives_way_to_the_base(runtime: Runtime) -> None:
    promote(runtime)
    withdrawing.quarantine(runtime, "champion", "answers leak names")
    assert training.current_version(runtime).state == ModelState.QUARANTINED
    state = serving.state(runtime)
    assert [m.version for m in state.manifests] == ["base"]
    assert "champion" not in aliases.named(runtime)
    with pytest.raises(BlockedProblem):
        rollouts.start(runtime)
    with pytest.raises(BlockedProblem, match="cannot go from quarantined"):
        withdrawing.quarantine(runtime, "my-project-1", "again")


def test_a_canary_in_quarantine_is_taken_out_and_stays_in_quarantine(runtime: Runtime) -> None:
    rollout = rollouts.start(runtime)
    withdrawing.quarantine(runtime, "candidate", "answers leak names")
    assert rollouts.all_of(runtime)[-1].state == "rolled_back"
    assert not serving.route_of(runtime).canary
    assert training.current_version(runtime).state == ModelState.QUARANTINED
    assert rollouts.look(runtime, rollout.id, [GOOD]).state == "rolled_back"


def test_a_kill_between_quarantine_and_route_serves_nothing_of_it(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = rollouts.start(runtime)
    monkeypatch.setattr(withdrawing, "_withdraw", lambda *_: None)
    withdrawing.quarantine(runtime, "candidate", "answers leak names")
    state = serving.state(runtime)
    assert not state.permits[rollout.candidate].ok
    # The gateway's next look does what the killed command did not.
    assert rollouts.look(runtime, rollout.id, [GOOD]).state == "rolled_back"
    assert training.current_version(runtime).state == ModelState.QUARANTINED


def test_out_of_quarantine_only_by_two_who_decide_again(runtime: Runtime, home: Path) -> None:
    """One of them is not enough, nor what was approved before, nor one who may not."""
    withdrawing.quarantine(runtime, "candidate", "answers leak names")
    state = gates.state(runtime, GateName.PROOF)
    assert state.open, "what was decided before still stands"

    def readmit(person: str) -> ModelVersion:
        runtime.actor = person
        return readmitting.readmit(runtime, "my-project-1", "the leak was another model's")

    for person, said in (("di", "needs one of"), ("ed", "ed as model owner, fa as review lead")):
        with pytest.raises(BlockedProblem) as caught:
            readmit(person)
        assert re.search(said, caught.value.why)
    for person, left in (("ed", "fa as review lead"), ("fa", "")):
        tick(runtime)
        gates.decide(runtime, GateName.PROOF, person, reason="looked again")
        if left:
            with pytest.raises(BlockedProblem) as caught:
                readmit("ed")
            assert caught.value.why == f"Decided before the quarantine: {left}."
            assert training.current_version(runtime).state == ModelState.QUARANTINED
    assert readmit("ed").state == ModelState.APPROVED
    with pytest.raises(BlockedProblem, match="may not readmit"):
        readmit("ed")
    # Once more: what let it out then does not let it out again.
    withdrawing.quarantine(runtime, "my-project-1", "again")
    with pytest.raises(BlockedProblem, match="until its Proof is decided again"):
        readmit("ed")
    with pytest.raises(UsageProblem):
        readmitting.readmit(runtime, "my-project-1", " ")
    events = [json.loads(record.body) for record in runtime.store.audit()]
    (event,) = [one for one in events if one["action"] == "version.readmit"]
    assert (event["before"], event["after"]) == ("quarantined", "validated")
    assert event["actor_id"] == "ed"


def test_a_rejection_or_a_newer_version_keeps_it_in_quarantine(
    runtime: Runtime, home: Path
) -> None:
    withdrawing.quarantine(runtime, "candidate", "answers leak names")
    for person in ("ed", "fa"):
        tick(runtime)
        gates.decide(runtime, GateName.PROOF, person, reason="looked again")
    tick(runtime)
    gates.decide(runtime, GateName.PROOF, "fa", reason="no", decision="reject")
    runtime.actor = "ed"
    with pytest.raises(BlockedProblem, match="proof gate is shut"):
        readmitting.readmit(runtime, "my-project-1", "why not")
    edit(home, "tuneworthy.yaml", "learning_rate: 1.0e-3", "learning_rate: 2.0e-3")
    with closing(open_small(home, FixedClock(BEGIN + timedelta(days=1)))) as later:
        prepared(later)
        later.actor = "ed"
        with pytest.raises(BlockedProblem, match="newest version alone"):
            readmitting.readmit(later, "my-project-1", "why not")


def test_a_drill_is_measured_and_leaves_all_as_it_was(runtime: Runtime) -> None:
    before = serving.open_route(runtime)
    found = withdrawing.drill(runtime, "quarterly")
    assert found.restored
    assert found.seconds_back > 0 < found.seconds_forward
    assert serving.route_of(runtime) == before
    kept = {e.about: e for e in runtime.evidence()}
    assert kept["serve.rollback_drill"].result == found.model_dump()
    assert kept["rollout.rollback_drill"].result["restored"] is True
    assert kept["serve.rollback_drill"].stale_after_days == 90
    rollouts.start(runtime)
    with pytest.raises(ConflictProblem, match="under way"):
        withdrawing.drill(runtime, "again")


def test_a_drill_needs_open_gates(runtime: Runtime) -> None:
    tick(runtime, days=200)
    with pytest.raises(BlockedProblem):
        withdrawing.drill(runtime, "quarterly")
    assert "serve.rollback_drill" not in {e.about for e in runtime.evidence()}


def test_at_the_command_line(home: Path) -> None:
    def said(*words: str) -> str:
        done = CliRunner().invoke(cli, ["-C", str(home), *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "good means my-project-1" in said("serve", "alias", "good", "candidate")
    assert "good" in said("serve", "alias")
    assert json.loads(said("--json", "serve", "alias", "good"))["aliases"] == {
        "good": "my-project-1"
    }
    assert "answers nobody" in said("serve", "quarantine", "good", "--reason", "leaks")
    assert said("serve", "alias", "good")


def adapters_due(runtime: Runtime) -> dict[str, str]:
    return {one.id: one.due for one in retention.due(runtime) if one.kind == "adapter"}


def adapters_gone(runtime: Runtime) -> list[str]:
    return [one.id for one in retention.apply(runtime) if one.kind == "adapter"]


def test_the_years_of_weights_begin_when_they_last_could_answer(home: Path) -> None:
    """Not when their version last moved: a rollout and the route are events of their own."""
    with closing(open_small(home, FixedClock(BEGIN))) as runtime:
        promote(runtime)
        tick(runtime, days=170)
        assert adapters_due(runtime) == {}, "it is in production"
        at = runtime.clock.now()
    for rate in (1, 2):
        edit(home, "tuneworthy.yaml", f"rate: {rate}.0e-3", f"rate: {rate + 1}.0e-3")
        with closing(open_small(home, FixedClock(at))) as runtime:
            tick(runtime)
            released(runtime)
            promote(runtime)
            at = runtime.clock.now()
    with closing(open_small(home, FixedClock(at))) as runtime:
        states = {one.id: one.state for one in runtime.store.list(ModelVersion)}
        assert states["my-project-1"] == ModelState.SUPERSEDED
        year_on = at.date() + timedelta(days=365)
        assert adapters_due(runtime) == {"my-project-1": year_on.isoformat()}
        tick(runtime, days=364)
        assert adapters_gone(runtime) == []
        rollouts.retire_production(runtime, "not sure")
        tick(runtime, days=1)
        assert adapters_gone(runtime) == ["my-project-1"]
        tick(runtime, days=363)
        assert adapters_gone(runtime) == []
        tick(runtime, days=1)
        # Its approvals had run out, so version 2 was not put back: both left service that day.
        assert adapters_gone(runtime) == ["my-project-2", "my-project-3"]


def test_a_version_is_retired_when_the_route_no_longer_needs_it(runtime: Runtime) -> None:
    runtime.actor = "ed"
    promote(runtime)
    with pytest.raises(BlockedProblem, match="may not retire"):
        retiring.retire(runtime, "champion", "old")
    rollouts.retire_production(runtime, "not sure")
    with pytest.raises(UsageProblem, match="needs a reason"):
        retiring.retire(runtime, "my-project-1", " ")
    runtime.actor = "di"
    with pytest.raises(BlockedProblem, match="may not retire"):
        retiring.retire(runtime, "my-project-1", "old")
    runtime.actor = "ed"
    assert retiring.retire(runtime, "my-project-1", "old").state == ModelState.RETIRED
    events = [json.loads(record.body) for record in runtime.store.audit()]
    (event,) = [one for one in events if one["action"] == "version.retire"]
    assert (event["before"], event["after"]) == ("rolled_back", "retired")
    assert (event["reason"], event["actor_id"]) == ("old", "ed")
    with pytest.raises(BlockedProblem):
        rollouts.start(runtime)
    with pytest.raises(BlockedProblem, match="may not retire"):
        retiring.retire(runtime, "my-project-1", "again")


def test_what_a_rollback_would_put_back_is_not_retired(runtime: Runtime, home: Path) -> None:
    promote(runtime)
    tick(runtime)
    edit(home, "tuneworthy.yaml", "rate: 1.0e-3", "rate: 2.0e-3")
    with closing(open_small(home, FixedClock(runtime.clock.now()))) as later:
        released(later)
        promote(later)
        later.actor = "ed"
        with pytest.raises(BlockedProblem, match="what a rollback puts back"):
            retiring.retire(later, "my-project-1", "old")
        withdrawing.quarantine(later, "my-project-2", "answers leak names")
        # Its successor is gone: it is in production again.
        with pytest.raises(BlockedProblem, match="may not retire"):
            retiring.retire(later, "my-project-1", "old")
        assert retiring.retire(later, "my-project-2", "old").state == ModelState.RETIRED


def test_retiring_loses_against_whoever_moves_the_route(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(runtime)
    rollouts.retire_production(runtime, "not sure")
    genuine = retiring._require_free

    def meanwhile(at: Runtime, route: Route, version: ModelVersion) -> None:
        genuine(at, route, version)
        rollouts.start(at)

    monkeypatch.setattr(retiring, "_require_free", meanwhile)
    runtime.actor = "ed"
    with pytest.raises(ConflictProblem):
        retiring.retire(runtime, "my-project-1", "old")
    assert training.current_version(runtime).state == ModelState.CANARY


def test_retiring_at_the_command_line(runtime: Runtime, home: Path) -> None:
    promote(runtime)
    rollouts.retire_production(runtime, "not sure")
    words = ["-C", str(home), "--as", "ed", "serve", "retire", "my-project-1", "--reason", "old"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert "my-project-1 is retired" in done.output
