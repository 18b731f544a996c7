"""One row changed in the database, the chain left alone: nothing opens, and verifying says so."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.forger import Forger
from tests.fakes.small_project import GOOD, make_small, open_small, promote, released, say
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, ConflictProblem, IntegrityProblem
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.erasure import Taint
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.core.nouns.serving import Route
from tuneworthy.core.nouns.serving_state import RolloutMemory
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.nouns.words import GateRequest, KeptPolicy
from tuneworthy.govern import shipped_policy
from tuneworthy.lifecycle import (
    auditing,
    gates,
    granting,
    holds,
    makers,
    policies,
    readmitting,
    requesting,
    retiring,
    rollouts,
    serving,
    taints,
    training,
    withdrawing,
)
from tuneworthy.lifecycle.wiring import POLICY, Runtime

AT = datetime(2026, 3, 1, tzinfo=UTC)
PROOF = GateName.PROOF


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version in production, all four gates open."""
    home = make_small(tmp_path_factory.mktemp("changed") / "ready")
    with closing(open_small(home, FixedClock(AT))) as runtime:
        released(runtime)
        promote(runtime)
    return home


@pytest.fixture
def home(ready: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ready, tmp_path / "p"))


@pytest.fixture
def forger(home: Path) -> Iterator[Forger]:
    with closing(Forger(home)) as made:
        yield made


@contextmanager
def opened(home: Path) -> Iterator[Runtime]:
    with closing(open_small(home, FixedClock(AT.replace(day=2)))) as runtime:
        yield runtime


def done(home: Path, act: Callable[[Runtime], Noun]) -> Noun:
    """Do something, and find what it wrote."""
    with opened(home) as runtime:
        return act(runtime)


def reject(runtime: Runtime) -> Approval:
    return gates.decide(runtime, PROOF, "fa", reason="no", decision="reject")


def ask(runtime: Runtime) -> GateRequest:
    return requesting.request(runtime, PROOF, runtime.head.model, "ed", "decide")


def dismiss(runtime: Runtime) -> Noun:
    return granting.deactivate(runtime, "ed", "fa", "left")


WORDS = [
    pytest.param(reject, {"gate": GateName.BUILD}, id="rejection-gate"),
    pytest.param(reject, {"decision": "approve"}, id="rejection-decision"),
    pytest.param(reject, {"expires_at": "2026-03-01T00:00:00+00:00"}, id="rejection-end"),
    pytest.param(reject, {"envelope": {}}, id="rejection-envelope"),
    pytest.param(ask, {"project": "other"}, id="request-project"),
    pytest.param(ask, {"by": "ana"}, id="request-by"),
    pytest.param(ask, {"reason": "decidf"}, id="request-one-byte"),
    pytest.param(dismiss, {"person": "ana"}, id="dismissal-person"),
    pytest.param(dismiss, {"created_at": "2027-01-01T00:00:00+00:00"}, id="dismissal-time"),
]


@pytest.mark.parametrize(("act", "change"), WORDS)
def test_a_signed_no_is_changed(
    home: Path, forger: Forger, act: Callable[[Runtime], Noun], change: dict[str, object]
) -> None:
    """It would be void, and the gate open again."""
    word = done(home, act)
    assert_shut(home)
    forger.put(word.model_copy(update=change), event=False)
    assert_stopped(home)
    forger.put(word, event=False)
    assert_shut(home)


@pytest.mark.parametrize("act", [reject, ask, dismiss])
def test_a_signed_no_is_taken_out(
    home: Path, forger: Forger, act: Callable[[Runtime], Noun]
) -> None:
    forger.delete(done(home, act))
    assert_stopped(home)


def assert_shut(home: Path) -> None:
    with opened(home) as runtime:
        assert not gates.state(runtime, PROOF).open


def assert_stopped(home: Path) -> None:
    with opened(home) as runtime:
        with pytest.raises(IntegrityProblem) as caught:
            gates.state(runtime, PROOF)
        assert caught.value.code.endswith(("_missing", "_changed"))
        with pytest.raises(IntegrityProblem):
            rollouts.start(runtime)
        assert not auditing.verify(runtime).verified


def worse(runtime: Runtime) -> Evidence:
    """A newer comparison says that the version is no better."""
    newest = [item for item in runtime.evidence() if item.about == "eval.comparison"][-1]
    result = {**newest.result, "verdict": "worse", "low": -0.1}
    return say(runtime, "eval.comparison", newest.subjects, **result)


HIDDEN: list[dict[str, object]] = [
    {"project": "other"},
    {"about": "eval.other"},
    {"subjects": ("nothing",)},
    {"subjects": ()},
    {"created_at": "2020-01-01T00:00:00+00:00"},
    {"signer": "ana"},
]


@pytest.mark.parametrize("change", HIDDEN, ids=lambda change: next(iter(change)))
def test_worse_evidence_is_changed_to_be_about_something_else(
    home: Path, forger: Forger, change: dict[str, object]
) -> None:
    found = done(home, worse)
    assert isinstance(found, Evidence)
    forger.put(found.model_copy(update=change), event=False)
    with opened(home) as runtime:
        state = gates.state(runtime, PROOF)
        assert not state.open
        assert state.missing_evidence == (
            "eval.comparison: the evidence is not what its digest says",
        )
        summary = auditing.verify(runtime)
        assert not summary.verified
        assert "eval.comparison" in summary.first_fault


def test_older_evidence_that_is_changed_shuts_nothing(home: Path, forger: Forger) -> None:
    """The newest decides still; the change is named."""
    with opened(home) as runtime:
        older = [item for item in runtime.evidence() if item.about == "eval.comparison"][-1]
        say(runtime, "eval.comparison", older.subjects, **older.result, again=True)
        for person in ("ed", "fa"):
            gates.decide(runtime, PROOF, person, reason="seen")
        assert gates.state(runtime, PROOF).open
    forger.put(older.model_copy(update={"project": "other"}), event=False)
    with opened(home) as runtime:
        assert gates.state(runtime, PROOF).open
        assert not auditing.verify(runtime).verified


def test_who_trained_is_what_the_chain_says(home: Path, forger: Forger) -> None:
    """Neither the run's row nor the project's takes the bar away."""
    with opened(home) as runtime:
        run = runtime.store.list(TrainingRun)[-1]
        assert makers.submitter(runtime, PROOF) == run.submitted_by == "di"
        head = runtime.head
    forger.put(run.model_copy(update={"submitted_by": "ana"}), event=False)
    forger.put(head.model_copy(update={"training_run": ""}), event=False)
    with opened(home) as runtime:
        assert makers.submitter(runtime, PROOF) == "di"
        assert not auditing.verify(runtime).verified


def test_who_trained_a_version_in_production_is_what_the_chain_says(
    home: Path, forger: Forger
) -> None:
    with opened(home) as runtime:
        version, run = training.current_version(runtime), runtime.store.list(TrainingRun)[-1]
        ids = [approval.id for approval in runtime.store.list(Approval)]
        approver = next(a.person for a in runtime.store.list(Approval) if a.gate == PROOF)
    forger.put(run.model_copy(update={"submitted_by": approver}), event=False)
    with opened(home) as runtime:
        assert gates.release_fault(runtime, PROOF, version, ids) == ""


@pytest.mark.parametrize("state", [ModelState.APPROVED, ModelState.PRODUCTION])
def test_quarantine_is_not_lifted_by_a_row(home: Path, forger: Forger, state: ModelState) -> None:
    with opened(home) as runtime:
        version = withdrawing.quarantine(runtime, runtime.head.version, "names")
    forger.put(version.model_copy(update={"state": state}), event=False)
    with opened(home) as runtime:
        with pytest.raises(BlockedProblem):
            rollouts.start(runtime)
        summary = auditing.verify(runtime)
        assert not summary.verified
        assert "quarantine" in summary.first_fault
        withdrawing.quarantine(runtime, version.id, "again")
        assert auditing.verify(runtime).verified


@pytest.mark.parametrize("field", ["project", "ref", "released_at", None])
def test_a_legal_hold_is_not_lifted_by_a_row(home: Path, forger: Forger, field: str | None) -> None:
    with opened(home) as runtime:
        made = holds.hold(runtime, "cust-1", "bo", "case 4")
    if field is None:
        forger.delete(made)
    else:
        forger.put(made.model_copy(update={field: "x"}), event=False)
    with opened(home) as runtime:
        with pytest.raises(IntegrityProblem) as caught:
            holds.require_free(runtime, ["cust-1"])
        assert caught.value.code == "row_changed"
        assert not auditing.verify(runtime).verified


def test_a_hold_that_was_placed_and_released_is_believed(home: Path) -> None:
    with opened(home) as runtime:
        holds.hold(runtime, "cust-1", "bo", "case 4")
        with pytest.raises(BlockedProblem):
            holds.require_free(runtime, ["cust-1"])
        holds.release(runtime, "cust-1", "bo", "over")
        holds.require_free(runtime, ["cust-1"])
        assert auditing.verify(runtime).verified


@pytest.mark.parametrize("kind", [Suite, TrainingRun, Head])
def test_what_nobody_signs_is_held_to_its_last_event(
    home: Path, forger: Forger, kind: type[Noun]
) -> None:
    changes: dict[str, dict[str, object]] = {
        Suite.kind: {"target": 0.01},
        TrainingRun.kind: {"losses": (0.0,)},
        Head.kind: {"version": "other"},
    }
    with opened(home) as runtime:
        row = runtime.store.list(kind)[-1]
        assert auditing.verify(runtime).verified
    forger.put(row.model_copy(update=changes[kind.kind]), event=False)
    with opened(home) as runtime:
        assert not auditing.verify(runtime).verified


def test_retired_is_for_good(home: Path, forger: Forger) -> None:
    """Neither by way of quarantine and a new Proof, nor by a row."""
    with opened(home) as runtime:
        version = withdrawing.quarantine(runtime, runtime.head.version, "names").id
        runtime.actor = "ed"
        gone = retiring.retire(runtime, version, "another is better")
        withdrawing.quarantine(runtime, version, "names again")
        for person in ("ed", "fa"):
            gates.decide(runtime, PROOF, person, reason="looked again")
        with pytest.raises(BlockedProblem) as caught:
            readmitting.readmit(runtime, version, "mended")
        assert caught.value.code == "retired_for_good"
    forger.put(gone.model_copy(update={"state": ModelState.APPROVED}), event=False)
    with opened(home) as runtime, pytest.raises(BlockedProblem):
        rollouts.start(runtime)


@pytest.mark.parametrize("change", [{"decision": "finding"}, {"rows": 0}, None])
def test_a_taint_is_not_settled_by_a_row(
    home: Path, forger: Forger, change: dict[str, object] | None
) -> None:
    with opened(home) as runtime:
        version = runtime.head.version
        taints.mark(runtime, "e1", {version: 3}, "bo")
        assert "nobody has decided" in taints.fault(runtime, version)
        assert auditing.verify(runtime).verified
        found = runtime.store.list(Taint)[0]
    if change is None:
        forger.delete(found)
    else:
        forger.put(found.model_copy(update=change), event=False)
    with opened(home) as runtime:
        with pytest.raises(BlockedProblem) as caught:
            taints.require_clear(runtime, version)
        assert "changed past this program" in caught.value.why
        assert not auditing.verify(runtime).verified


@pytest.mark.parametrize("change", [{"text": ""}, {"project": "other"}, None])
def test_a_stricter_policy_is_not_taken_back_by_a_row(
    home: Path, forger: Forger, change: dict[str, object] | None
) -> None:
    """Without the row, and the file gone, the product's policy would count, and the gates open."""
    own = home / POLICY
    own.write_text(shipped_policy().replace("n >= 2", "n >= 3"), encoding="utf-8")
    with opened(home) as runtime:
        policies.take_up(runtime)
        kept = runtime.store.list(KeptPolicy)[0]
        assert not gates.state(runtime, GateName.RELEASE).open
    own.unlink()
    if change is None:
        forger.delete(kept)
    else:
        forger.put(kept.model_copy(update=change), event=False)
    with opened(home) as runtime:
        with pytest.raises(IntegrityProblem) as caught:
            gates.state(runtime, GateName.RELEASE)
        assert caught.value.code == "row_changed"
        assert not auditing.verify(runtime).verified


def test_a_finished_step_that_somebody_wrote_is_run_anew(home: Path) -> None:
    """The run would seem cheaper to whoever decides at the Build gate."""
    with opened(home) as runtime:
        honest = training.estimate(runtime)
    with closing(sqlite3.connect(home / ".tuneworthy" / "tuneworthy.db")) as ledger, ledger:
        ledger.execute(
            "update steps set output = replace(output, ?, ?)",
            ('"cpu_seconds":1.0', '"cpu_seconds":0.1'),
        )
        assert ledger.execute("select 1 from steps where output like '%:0.1%'").fetchall()
    with opened(home) as runtime:
        assert training.estimate(runtime) == honest
        assert training.estimate(runtime) == honest


@pytest.mark.parametrize("kind", [Head, Route])
@pytest.mark.parametrize("gone", [True, False])
def test_no_gate_decides_while_what_it_decides_on_is_changed(
    home: Path, forger: Forger, kind: type[Noun], gone: bool
) -> None:
    """An older suite would hide what a newer one found; without the route nothing is compared."""
    with opened(home) as runtime:
        row = runtime.store.list(kind)[0]
        assert gates.state(runtime, PROOF).open
    changes: dict[str, dict[str, object]] = {
        Head.kind: {"suite": "sha256:an older one"},
        Route.kind: {"previous": "sha256:another"},
    }
    if gone:
        forger.delete(row)
    else:
        forger.put(row.model_copy(update=changes[kind.kind]), event=False)
    with opened(home) as runtime:
        found = gates.state(runtime, PROOF)
        assert not found.open
        assert "changed past this program" in found.missing_evidence[-1]
        with pytest.raises(BlockedProblem):
            gates.decide(runtime, PROOF, "ed", reason="fine")
    forger.put(row, event=False)
    assert_open(home)


def assert_open(home: Path) -> None:
    with opened(home) as runtime:
        assert gates.state(runtime, PROOF).open


def test_a_route_that_somebody_turned_serves_no_tuned_version(home: Path, forger: Forger) -> None:
    """A canary of 5 % could be one of 100 %; rolling back needs nobody's leave and mends it."""
    with opened(home) as runtime:
        route = serving.route_of(runtime)
        assert serving.state(runtime).permits[route.production].ok
    turned = {"canary": route.production, "canary_percent": 100.0}
    forger.put(route.model_copy(update=turned), event=False)
    with opened(home) as runtime:
        permit = serving.state(runtime).permits[route.production]
        assert not permit.ok
        assert "changed past this program" in permit.message
        back = rollouts.retire_production(runtime, "turned")
        assert serving.state(runtime).permits[back.production].ok
        assert not serving.base_manifest(runtime).adapter


def test_what_a_rollout_has_seen_moves_nothing_once_it_is_changed(
    home: Path, forger: Forger
) -> None:
    with opened(home) as runtime:
        rollouts.retire_production(runtime, "once more")
        rollout = rollouts.start(runtime)
        memory = runtime.store.get(RolloutMemory, rollout.id)
    assert memory is not None
    last = memory.state.replace("[5.0,25.0,50.0]", "[5.0]")
    assert last != memory.state
    forger.put(memory.model_copy(update={"state": last}), event=False)
    with opened(home) as runtime:
        with pytest.raises(ConflictProblem, match="changed past this program"):
            rollouts.end(runtime, rollout.id, "good", promoted=True)
        found = rollouts.look(runtime, rollout.id, [GOOD] * 400)
        assert (found.state, "changed past" in found.cause) == ("rolled_back", True)
        assert auditing.verify(runtime).verified
