"""Whoever has the whole database, but no approver's key, opens no gate and serves nothing."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fakes.forger import Forger, approval, every_role, rewritten
from tests.fakes.small_project import (
    BETTER,
    DECIDE,
    approve,
    make_small,
    open_small,
    prepared,
    say,
    tick,
)
from tuneworthy.cli.main import cli
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, IntegrityProblem
from tuneworthy.core.nouns.gate import Approval, Bundle, GateName
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.govern import load_policy
from tuneworthy.lifecycle import auditing, gates, people, rollouts, serving, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.signing import generate

PEM, PUBLIC = generate()
LATE = (GateName.PROOF, GateName.RELEASE)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything is there for Proof and Release but the decisions."""
    home = make_small(tmp_path_factory.mktemp("forged") / "ready")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as runtime:
        prepared(runtime)
        people.add(runtime, "root", "Root", ["platform_admin"])
        serving.open_route(runtime)
    return home


@pytest.fixture
def home(ready: Path, tmp_path: Path) -> Path:
    shutil.copytree(ready, tmp_path / "p")
    return tmp_path / "p"


@pytest.fixture
def opened(home: Path) -> Iterator[Callable[[], Runtime]]:
    made: list[Runtime] = []

    def open_() -> Runtime:
        made.append(open_small(home, FixedClock(datetime(2026, 3, 3, tzinfo=UTC))))
        return made[-1]

    yield open_
    for runtime in made:
        runtime.close()


@pytest.fixture
def forger(home: Path) -> Iterator[Forger]:
    with closing(Forger(home)) as made:
        yield made


def bundles(runtime: Runtime) -> dict[GateName, Bundle]:
    return {gate: gates.bundle(runtime, gate) for gate in LATE}


def forge_manifest(runtime: Runtime, forger: Forger, ids: list[str]) -> ServingManifest:
    """The manifest that the version would have, with these approvals, and the route on it."""
    version = training.current_version(runtime)
    shared = ("base", "adapter", "tokenizer", "template", "dataset", "training_run")
    facts = {name: getattr(version, name) for name in shared}
    facts |= {"route": runtime.project.id, "version": version.id, "approvals": tuple(sorted(ids))}
    manifest = ServingManifest.model_validate(
        {**facts, "id": digest(facts), "created_at": runtime.now()}
    )
    forger.put(manifest, "manifest.create")
    return manifest


def point(runtime: Runtime, forger: Forger, manifest: ServingManifest) -> None:
    """Everything that says that a version is in production, whatever the gates say."""
    version = training.current_version(runtime)
    for state in (ModelState.APPROVED, ModelState.PRODUCTION):
        forger.put(version.model_copy(update={"state": state}), "version.move")
    route = serving.route_of(runtime)
    forger.put(route.model_copy(update={"production": manifest.id}), "rollout.promote")


def assert_shut(opened: Callable[[], Runtime]) -> None:
    """No gate opened, nothing tuned may answer, no rollout starts."""
    runtime = opened()
    found = {gate: gates.state(runtime, gate) for gate in LATE}
    assert not any(state.open for state in found.values()), found
    assert not any(state.approvers for state in found.values()), found
    state = serving.state(runtime)
    tuned = [m.id for m in state.manifests if m.adapter]
    assert not any(state.permits[id_].ok for id_ in tuned)
    with pytest.raises(BlockedProblem):
        rollouts.start(runtime)


def assert_said(home: Path, opened: Callable[[], Runtime], words: str) -> None:
    """``audit verify`` and ``doctor`` name it, though every link of the chain holds."""
    summary = auditing.verify(opened())
    assert not summary.verified
    assert words in summary.first_fault
    told = CliRunner().invoke(cli, ["-C", str(home), "doctor"])
    assert isinstance(told.exception, IntegrityProblem), told.output
    assert words in told.output


def forged_decisions(current: dict[GateName, Bundle], people_: dict[Role, str]) -> list[Approval]:
    """All roles of Proof and Release, signed with the forger's key in these people's names."""
    return [one for gate in LATE for one in every_role(current[gate], people_, PEM)]


HOLDERS = {
    Role.MODEL_OWNER: "ed",
    Role.REVIEW_LEAD: "fa",
    Role.BUSINESS_OWNER: "cy",
    Role.COMPLIANCE_REVIEWER: "bo",
    Role.GOVERNANCE_OWNER: "fa",
}


def test_decisions_in_the_names_of_others(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    made = forged_decisions(bundles(opened()), HOLDERS)
    for one in made:
        forger.put(one, "gate.approve")
    point(opened(), forger, forge_manifest(opened(), forger, [one.id for one in made]))
    assert_shut(opened)
    assert_said(home, opened, "the signature is not by this person's key")


def test_other_keys_for_people_who_may_decide(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    current = bundles(opened())
    for person in opened().store.list(Person):
        forger.put(person.model_copy(update={"public_key": PUBLIC}), "person.register")
    for one in forged_decisions(current, HOLDERS):
        forger.put(one, "gate.approve")
    assert_shut(opened)
    assert_said(home, opened, "another key in the ledger")


def test_people_of_the_forgers_own(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    current = bundles(opened())
    for role in HOLDERS:
        facts = {"id": f"new-{role}", "name": "New", "roles": (role,), "public_key": PUBLIC}
        forger.put(Person.model_validate(facts), "person.register")
    for one in forged_decisions(current, {role: f"new-{role}" for role in HOLDERS}):
        forger.put(one, "gate.approve")
    assert_shut(opened)
    assert_said(home, opened, "there is no person new-")


def test_roles_for_the_forger_who_is_a_known_person(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    """Root has a key of their own, and gives themselves every role and several lives."""
    current, pem = bundles(opened()), (home / "keys" / "root.pem").read_bytes()
    root = next(p for p in opened().store.list(Person) if p.id == "root")
    forger.put(root.model_copy(update={"roles": tuple(HOLDERS)}), "person.register")
    for gate in LATE:
        for role in load_policy().roles(gate):
            forger.put(approval(current[gate], "root", role, pem), "gate.approve")
    assert_shut(opened)
    assert_said(home, opened, "person root has more roles")


def test_genuine_decisions_on_other_things(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    """Envelopes of Start and Build, in rows that say Proof and Release."""
    runtime = opened()
    current = bundles(runtime)
    genuine = runtime.store.list(Approval)
    for gate in LATE:
        bundle = digest(current[gate])
        for n, role in enumerate(load_policy().roles(gate)):
            row = {"gate": gate, "role": role, "subject": current[gate].subject, "bundle": bundle}
            forger.put(rewritten(genuine[n], **row, person=HOLDERS[role]), "gate.approve")
            forger.put(rewritten(genuine[n], **row), "gate.approve")
    assert_shut(opened)
    assert_said(home, opened, "proof gate")


def test_better_evidence_than_was_found_voids_what_was_decided(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    """The chain names it and its digest is right; but nobody signed a bundle that holds it."""
    runtime = opened()
    worse = {**BETTER, "verdict": "not clearly better", "low": -0.1}
    say(runtime, "eval.comparison", [runtime.head.model, runtime.head.suite], **worse)
    assert gates.state(runtime, GateName.PROOF).missing_evidence
    tick(runtime)
    facts = {**BETTER, "low": 0.9}
    subjects = [runtime.head.model, runtime.head.suite]
    forger.put(runtime.claim("eval.comparison", subjects, facts))
    assert not gates.state(opened(), GateName.PROOF).missing_evidence
    assert_shut(opened)


def test_a_version_that_is_said_to_be_of_the_past(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    """The newest version must show all its evidence; what was released before need not."""
    runtime = opened()
    made = forged_decisions(bundles(runtime), HOLDERS)
    root = (home / "keys" / "root.pem").read_bytes()
    ids = [a.id for a in runtime.store.list(Approval)]
    for gate in LATE:
        made += [approval(gates.bundle(runtime, gate), "root", r, root) for r in
                 load_policy().roles(gate)]  # fmt: skip
    for one in made:
        forger.put(one, "gate.approve")
    point(runtime, forger, forge_manifest(runtime, forger, ids + [one.id for one in made]))
    forger.put(runtime.head.model_copy(update={"model": digest("other")}), "project.version")
    later = opened()
    found = serving.permit(later, _production(later))
    assert not found.ok
    assert found.gate == "proof"
    assert_said(home, opened, "proof gate")


def test_decisions_over_different_bundles_release_nothing(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    """Every role signed once, but no two of them the same evidence: the gate was never open."""
    runtime = opened()
    for person in DECIDE[GateName.PROOF]:
        gates.decide(runtime, GateName.PROOF, person, reason="seen")
        again = {**BETTER, "low": 0.2, "by": person}
        say(runtime, "eval.comparison", [runtime.head.model, runtime.head.suite], **again)
    assert not gates.state(runtime, GateName.PROOF).open
    version = training.current_version(runtime)
    ids = [a.id for a in runtime.store.list(Approval)]
    fault = gates.release_fault(runtime, GateName.PROOF, version, ids)
    assert fault == "its approvals are about different evidence"


@pytest.mark.parametrize("by", ["ana", "di", "root"])
def test_people_who_sign_for_roles_they_do_not_have(
    home: Path, opened: Callable[[], Runtime], forger: Forger, by: str
) -> None:
    """A steward, the trainer and the platform admin, each with their own genuine key."""
    runtime = opened()
    pem = (home / "keys" / f"{by}.pem").read_bytes()
    current = bundles(runtime)
    made = [
        approval(current[gate], by, role, pem)
        for gate in LATE
        for role in load_policy().roles(gate)
    ]
    for one in made:
        forger.put(one, "gate.approve")
    version, ids = training.current_version(runtime), [one.id for one in made]
    assert_shut(opened)
    for gate in LATE:
        assert "no approval that verifies" in gates.release_fault(opened(), gate, version, ids)


def test_another_trainer_on_record_does_not_let_the_trainer_decide(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    """Moving the trainer's name to somebody else gains nothing without the approvers' keys."""
    runtime = opened()
    run = runtime.store.list(TrainingRun)[0]
    forger.put(run.model_copy(update={"submitted_by": "ana"}), "training.finish")
    pem = (home / "keys" / "di.pem").read_bytes()
    for role in load_policy().roles(GateName.PROOF):
        forger.put(approval(bundles(runtime)[GateName.PROOF], "di", role, pem), "gate.approve")
    assert_shut(opened)


def test_a_route_that_was_turned_is_named(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    manifest = forge_manifest(opened(), forger, [])
    route = serving.route_of(opened())
    forger.put(route.model_copy(update={"production": manifest.id}), event=False)
    assert_shut(opened)
    assert_said(home, opened, "the route's production")


def test_everything_at_once(home: Path, opened: Callable[[], Runtime], forger: Forger) -> None:
    runtime = opened()
    current = bundles(runtime)
    for person in runtime.store.list(Person):
        everything = {"public_key": PUBLIC, "roles": tuple(HOLDERS)}
        forger.put(person.model_copy(update=everything), "person.register")
    made = forged_decisions(current, HOLDERS)
    for one in made:
        forger.put(one, "gate.approve")
    facts = {**BETTER, "low": 0.9}
    subjects = [runtime.head.model, runtime.head.suite]
    forger.put(runtime.claim("eval.comparison", subjects, facts))
    point(runtime, forger, forge_manifest(runtime, forger, [one.id for one in made]))
    assert_shut(opened)
    summary = auditing.verify(opened())
    assert not summary.verified


def test_what_only_a_head_kept_elsewhere_shows(
    home: Path, opened: Callable[[], Runtime], forger: Forger
) -> None:
    """The limit: taking out a genuine rejection leads back to what people really approved."""
    runtime = opened()
    for gate in LATE:
        approve(runtime, gate)
    tick(runtime)
    no = gates.decide(runtime, GateName.RELEASE, "bo", reason="unlawful", decision="reject")
    kept = list(runtime.store.audit())[-1].hash
    assert not gates.state(runtime, GateName.RELEASE).open
    forger.take_out("approval", no.id)
    later = opened()
    assert gates.state(later, GateName.RELEASE).open
    assert auditing.verify(later, keep=False).verified
    assert kept not in {record.hash for record in later.store.audit()}


def _production(runtime: Runtime) -> ServingManifest:
    found = runtime.store.get(ServingManifest, serving.route_of(runtime).production)
    assert found is not None
    return found
