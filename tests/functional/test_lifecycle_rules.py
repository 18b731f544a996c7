"""What gates, routes and rollouts must hold to as a project moves on; no model is run."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.small_project import (
    GOOD,
    edit,
    make_small,
    open_small,
    promote,
    released,
    say,
    tick,
    write_rows,
)
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, ConflictProblem
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.lifecycle import (
    assessing,
    ceiling,
    datasets,
    documents,
    evaluation,
    gates,
    jobs,
    people,
    rollouts,
    serving,
    signed_claims,
    status,
    training,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_small(tmp_path / "project")


Open = Callable[..., Runtime]


@pytest.fixture
def opened(folder: Path) -> Iterator[Open]:
    """Opens the project as a new process would: its files are read again."""
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    made: list[Runtime] = []

    def open_(at: Path = folder) -> Runtime:
        runtime = open_small(at, clock)
        made.append(runtime)
        return runtime

    yield open_
    for runtime in made:
        runtime.close()


def production(runtime: Runtime) -> ServingManifest:
    found = runtime.store.get(ServingManifest, serving.route_of(runtime).production)
    assert found is not None
    return found


def state_of(runtime: Runtime, version: str) -> ModelState:
    found = runtime.store.get(ModelVersion, version)
    assert found is not None
    return found.state


def other_settings(folder: Path) -> None:
    edit(folder, "tuneworthy.yaml", "learning_rate: 1.0e-3", "learning_rate: 2.0e-3")


# -- rollouts --------------------


def test_a_rollback_by_a_person_is_not_undone_by_a_look_at_the_same_moment(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, console = opened(), opened()
    released(gateway)
    rollout = rollouts.start(gateway)
    genuine = serving.permit

    def meanwhile(runtime: Runtime, manifest: ServingManifest) -> Any:
        monkeypatch.setattr(serving, "permit", genuine)
        rollouts.end(console, rollout.id, "stop it")
        return genuine(runtime, manifest)

    monkeypatch.setattr(serving, "permit", meanwhile)
    seen = rollouts.look(gateway, rollout.id, [GOOD])
    assert seen.state == "rolled_back"
    assert rollouts.all_of(gateway)[-1].state == "rolled_back"
    assert serving.route_of(gateway).canary == ""
    assert state_of(gateway, "my-project-1") == ModelState.ROLLED_BACK


def test_two_rollouts_begun_at_the_same_moment_are_one(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = opened(), opened()
    released(one)
    genuine = serving.version_manifest

    def meanwhile(runtime: Runtime, version: ModelVersion) -> ServingManifest:
        monkeypatch.setattr(serving, "version_manifest", genuine)
        rollouts.start(two)
        return genuine(runtime, version)

    monkeypatch.setattr(serving, "version_manifest", meanwhile)
    with pytest.raises(ConflictProblem):
        rollouts.start(one)
    assert len(rollouts.running(one)) == 1


def test_a_rollout_ends_well_though_new_data_came_meanwhile(opened: Open, folder: Path) -> None:
    runtime = opened()
    version = released(runtime)
    rollout = rollouts.start(runtime)
    model = runtime.head.model
    write_rows(folder, "find")
    datasets.build(runtime)
    for _ in range(3):
        rollout = rollouts.look(runtime, rollout.id, [GOOD] * 400)
    assert rollout.state == "promoted"
    assert state_of(runtime, version.id) == ModelState.PRODUCTION
    ended = [e for e in runtime.evidence() if e.about == "rollout.finished"]
    assert ended[-1].subjects == (model, rollout.id)
    assert serving.permit(runtime, production(runtime)).ok


def test_the_plan_that_was_approved_is_the_plan_that_runs(opened: Open, folder: Path) -> None:
    released(opened())
    with (folder / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write("rollout: {stages: [100], requests_per_stage: 1}\n")
    runtime = opened()
    with pytest.raises(BlockedProblem, match="release gate"):
        rollouts.start(runtime)
    assert not rollouts.all_of(runtime)


def test_a_version_goes_on_where_a_kill_left_it_between_approval_and_state(opened: Open) -> None:
    runtime = opened()
    version = released(runtime)
    with runtime.change("test.kill", ("model_version", version.id, "")) as change:
        change.put(version.model_copy(update={"state": ModelState.TRAINED}))
    assert rollouts.start(runtime).state == "running"


def test_the_evidence_of_an_end_is_written_with_the_end(opened: Open) -> None:
    runtime = opened()
    released(runtime)
    rollout = rollouts.start(runtime, drill=True)
    rollouts.end(runtime, rollout.id, "rehearsal")
    about = {e.about for e in runtime.evidence() if rollout.id in e.subjects}
    assert about == {"rollout.finished", "rollout.rollback_drill"}
    last = [json.loads(record.body) for record in runtime.store.audit()][-1]
    assert last["action"] == "rollout.roll_back"


# -- a second training --------------------


def test_the_second_version_is_not_credited_with_the_score_of_the_first(
    opened: Open, folder: Path
) -> None:
    runtime = opened()
    version = released(runtime)
    kept = EvaluationRun(
        id="judged",
        project=runtime.project.id,
        suite=runtime.head.suite,
        arm=runtime.tuned_arm,
        model=digest([version.base, version.adapter]),
        score=Interval(value=0.9, low=0.8, high=1.0, n=80),
        valid_share=1,
        results="",
        cpu_seconds=1,
        prompt_tokens=1,
        completion_tokens=1,
        created_at=runtime.now(),
    )
    with runtime.change("test.judge", ("evaluation_run", kept.id, "")) as change:
        change.put(kept)
    assert evaluation.tuned_run(runtime) == kept
    other_settings(folder)
    again = opened()
    released(again)
    assert again.head.version == "my-project-2"
    assert evaluation.tuned_run(again) is None
    assert "not judged yet" in documents.model_card(again)


def test_two_versions_one_after_the_other_and_back(opened: Open, folder: Path) -> None:
    first = opened()
    one = released(first)
    promote(first)
    other_settings(folder)
    second = opened()
    two = released(second)
    assert serving.permit(second, production(second)).ok
    assert status._after_release(second).next_command == "tuneworthy serve canary"
    promote(second)
    assert state_of(second, one.id) == ModelState.SUPERSEDED
    rollouts.retire_production(second, "worse")
    assert production(second).version == one.id
    assert state_of(second, one.id) == ModelState.PRODUCTION
    assert state_of(second, two.id) == ModelState.ROLLED_BACK
    rollouts.retire_production(second, "worse still")
    assert production(second).adapter == ""
    with pytest.raises(BlockedProblem, match="already serves"):
        rollouts.retire_production(second, "again")


def test_a_rollback_does_not_lead_to_what_may_not_be_served(opened: Open, folder: Path) -> None:
    released(first := opened())
    promote(first)
    other_settings(folder)
    released(second := opened())
    promote(second)
    tick(second, days=181)
    rollouts.retire_production(second, "worse")
    assert production(second).adapter == ""


def test_training_that_is_overtaken_by_new_data_does_not_mix_them(
    opened: Open, folder: Path
) -> None:
    runtime = opened()
    released(runtime)
    run = training.run_of(runtime, training.current_version(runtime))
    write_rows(folder, "find")
    data = datasets.build(runtime)
    with pytest.raises(ConflictProblem, match="other data"):
        training._register(runtime, run)
    assert (runtime.head.dataset, runtime.head.version) == (data.id, "")


def test_a_run_killed_before_its_step_was_remembered_is_not_trained_again(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = opened()
    released(runtime)
    trainer: Any = runtime.trainer
    assert trainer.trained == 1
    monkeypatch.setattr(type(runtime.store), "step", lambda *_: None)
    training.train(runtime)
    assert trainer.trained == 1


def test_another_project_of_the_database_trains_for_itself(
    opened: Open, folder: Path, tmp_path: Path
) -> None:
    released(opened())
    other = tmp_path / "other"
    other.mkdir()
    for name in ("tuneworthy.yaml", "prompts.yaml", "answers.yaml", "people.yaml"):
        (other / name).write_bytes((folder / name).read_bytes())
    for name in ("data", "base", "keys"):
        (other / name).symlink_to(folder / name)
    edit(other, "tuneworthy.yaml", "name: my-project", "name: other")
    url = f"sqlite:///{folder / '.tuneworthy' / 'tuneworthy.db'}"
    with (other / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(f"store: {url}\n")
    runtime = opened(other)
    people.register(runtime)
    released(runtime)
    runs = {run.project for run in runtime.store.list(type(training.run_of(
        runtime, training.current_version(runtime))))}  # fmt: skip
    assert runs == {"my-project", "other"}
    mine = opened(folder)
    assert all(gates.state(mine, gate).open for gate in GateName)


# -- data, targets and prompts that change --------------------


class FinishedJobs:
    """Knows the states of jobs by their ids."""

    def __init__(self, **states: str) -> None:
        self._states = {name.replace("_", "-"): state for name, state in states.items()}

    def status(self, job_id: str) -> Any:
        state = self._states.get(job_id)
        return None if state is None else type("State", (), {"state": state})


def test_finished_work_is_asked_for_again_and_unfinished_is_joined() -> None:
    known: Any = FinishedJobs(a_1="failed", a_2="done", b_1="done", b_2="running")
    assert jobs.free_id(known, "a") == "a-2"
    assert jobs.free_id(known, "a", jobs._ENDED) == "a-3"
    assert jobs.free_id(known, "b", jobs._ENDED) == "b-2"


def test_data_that_are_changed_and_changed_back_find_their_version_again(
    opened: Open, folder: Path
) -> None:
    runtime = opened()
    before = released(runtime)
    head = runtime.head
    write_rows(folder, "find")
    datasets.build(runtime)
    assert runtime.head.version == ""
    write_rows(folder)
    datasets.build(runtime)
    assert runtime.head == head
    ceiling.freeze(runtime)
    training.train(runtime)
    assert runtime.head == head
    assert all(gates.state(runtime, gate).open for gate in GateName)
    assert training.current_version(runtime) == before


def test_the_verdict_of_another_target_opens_no_gate(opened: Open, folder: Path) -> None:
    runtime = opened()
    data = datasets.build(runtime)
    suite, _ = ceiling.freeze(runtime)
    say(runtime, "decision.verdict", [data.id, suite.id], allows_tuning=False)
    edit(folder, "tuneworthy.yaml", "target: 0.80", "target: 0.99")
    harder = opened()
    other, _ = ceiling.freeze(harder)
    say(harder, "decision.verdict", [data.id, other.id], allows_tuning=True)
    assert not missing(harder, "decision.verdict")
    edit(folder, "tuneworthy.yaml", "target: 0.99", "target: 0.80")
    back = opened()
    ceiling.freeze(back)
    say(back, "decision.verdict", [data.id, suite.id], allows_tuning=False)
    assert missing(back, "decision.verdict")


def missing(runtime: Runtime, about: str) -> list[str]:
    return [m for m in gates.bundle(runtime, GateName.START).missing if m.startswith(about)]


def test_a_version_is_asked_as_it_was_trained_whatever_the_files_say(
    opened: Open, folder: Path
) -> None:
    edit(folder, "prompts.yaml", 'tuned:\n  arm: tuned\n  user: "{request}"',
         'tuned:\n  arm: tuned\n  user: "{request} of {labels}"')  # fmt: skip
    released(first := opened())
    promote(first)
    asked = serving.prompt(first, production(first))
    assert "look 1" in asked.user
    edit(folder, "prompts.yaml", "of {labels}", "or {labels}")
    write_rows(folder, "find")
    later = opened()
    datasets.build(later)
    assert serving.prompt(later, production(later)) == asked
    assert serving.permit(later, production(later)).ok


def test_a_version_whose_prompt_is_lost_takes_no_traffic(opened: Open, folder: Path) -> None:
    released(first := opened())
    promote(first)
    edit(folder, "prompts.yaml", 'tuned:\n  arm: tuned\n  user: "{request}"',
         'tuned:\n  arm: tuned\n  user: "Now: {request}"')  # fmt: skip
    prompt = first.store.list(ModelVersion)[0].prompt.removeprefix("sha256:")
    (folder / ".tuneworthy/blobs/sha256" / prompt[:2] / prompt[2:]).unlink()
    assert not serving.permit(opened(), production(first)).ok


# -- approvals of a version that is no longer the newest --------------------


@pytest.fixture
def past(opened: Open, folder: Path) -> Runtime:
    """In production, while the project has moved on to other data."""
    runtime = opened()
    released(runtime)
    promote(runtime)
    write_rows(folder, "find")
    datasets.build(runtime)
    assert serving.permit(runtime, production(runtime)).ok
    return runtime


def test_new_data_do_not_reopen_what_was_rejected(opened: Open, folder: Path) -> None:
    runtime = opened()
    released(runtime)
    promote(runtime)
    tick(runtime)
    gates.decide(runtime, GateName.RELEASE, "bo", reason="unlawful", decision="reject")
    assert not serving.permit(runtime, production(runtime)).ok
    write_rows(folder, "find")
    datasets.build(runtime)
    found = serving.permit(runtime, production(runtime))
    assert (found.ok, found.gate) == (False, "release")
    assert "compliance reviewer" in found.message


def test_approvals_of_the_past_expire_too(past: Runtime) -> None:
    tick(past, days=181)
    found = serving.permit(past, production(past))
    assert not found.ok
    assert "expired" in found.message


def test_who_approves_again_after_a_rejection_is_heard(opened: Open, folder: Path) -> None:
    runtime = opened()
    released(runtime)
    promote(runtime)
    tick(runtime)
    gates.decide(runtime, GateName.PROOF, "ed", reason="wait", decision="reject")
    tick(runtime)
    gates.decide(runtime, GateName.PROOF, "ed", reason="all is well")
    write_rows(folder, "find")
    datasets.build(runtime)
    assert serving.permit(runtime, production(runtime)).ok


@pytest.mark.parametrize("kept", [0, 1, 11])
def test_a_manifest_with_fewer_approvals_takes_no_traffic(past: Runtime, kept: int) -> None:
    real = production(past)
    facts = real.model_dump(exclude={"id", "created_at"}) | {"approvals": real.approvals[:kept]}
    forged = ServingManifest.model_validate(
        {**facts, "id": digest(facts), "created_at": past.now()}
    )
    assert len(real.approvals) == 12
    assert not serving.permit(past, forged).ok
    assert not serving.permit(past, real.model_copy(update={"base": "another"})).ok


def test_a_version_taken_out_of_use_takes_no_traffic(past: Runtime) -> None:
    version = past.store.list(ModelVersion)[0]
    with past.change("test.quarantine", ("model_version", version.id, "")) as change:
        change.put(version.model_copy(update={"state": ModelState.QUARANTINED}))
    assert not serving.permit(past, production(past)).ok


# -- what everyday commands may not change --------------------


def test_no_everyday_step_voids_an_approval(opened: Open) -> None:
    runtime = opened()
    released(runtime)
    bundles = [gates.bundle(runtime, gate) for gate in GateName]
    tick(runtime)
    again = opened()
    datasets.build(again)
    ceiling.freeze(again)
    people.register(again)
    people.add(again, "gil", "Gil", ["platform_admin"])
    training.estimate(again)
    training.train(again)
    documents.model_card(again)
    again.record(assessing.plan(again))
    documents.attest(again, "labelling_guide", again.folder / "answers.yaml", "ana")
    assert [gates.bundle(again, gate) for gate in GateName] == bundles


def test_a_new_verdict_shuts_no_gate_of_what_is_in_traffic(opened: Open) -> None:
    """Live traffic may speak against tuning; what serves it was approved under another verdict."""
    runtime = opened()
    released(runtime)
    promote(runtime)
    bundles = [gates.bundle(runtime, gate) for gate in GateName]
    serving_state = serving.state(runtime)
    tick(runtime)
    runtime = opened()
    _, evidenced = assessing.decide(runtime)
    assert evidenced.verdict.value == "KEEP_OPTIMISING_PROMPTS"
    assert [gates.bundle(runtime, gate) for gate in GateName] == bundles
    assert serving.state(runtime).permits == serving_state.permits
    assert all(permit.ok for permit in serving_state.permits.values())


def test_a_verdict_given_twice_is_one(opened: Open) -> None:
    runtime = opened()
    datasets.build(runtime)
    ceiling.freeze(runtime)
    assessing.decide(runtime)
    before = [e.id for e in runtime.evidence()]
    tick(runtime)
    assessing.decide(opened())
    assert [e.id for e in runtime.evidence()] == before


@pytest.mark.parametrize(
    ("about", "gate"),
    [
        ("document.retention_class", GateName.START),
        ("document.labelling_guide", GateName.BUILD),
    ],
)
def test_a_document_that_its_signer_did_not_sign_opens_no_gate(
    opened: Open, about: str, gate: GateName
) -> None:
    runtime = opened()
    released(runtime)
    genuine = next(e for e in runtime.evidence() if e.about == about)
    forged = runtime.claim(
        genuine.about,
        genuine.subjects,
        {**genuine.result, "sha256": digest("another document")},
        grade=genuine.grade,
        signer=genuine.signer,
    )
    other = [e for e in runtime.evidence() if e.id != genuine.id]
    assert signed_claims.forged(runtime, [forged, genuine]) == {forged.id}
    runtime.__dict__["evidence"] = lambda: [*other, forged]
    assert [one.gate for one in gates.states(runtime) if not one.open] == [gate]


def test_a_private_key_is_not_kept_as_a_document(opened: Open, folder: Path) -> None:
    runtime = opened()
    people.add(runtime, "ana", "Ana", ["compliance_reviewer"])
    with pytest.raises(ConfigProblem, match="private key"):
        documents.attest(runtime, "policy", folder / "keys" / "ana.pem", "ana")
    with closing(runtime):
        blobs = [p for p in (folder / ".tuneworthy").rglob("*") if p.is_file()]
        assert not [p for p in blobs if b"PRIVATE KEY" in p.read_bytes()]


def test_a_head_that_moved_is_not_moved_back(
    opened: Open, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    one, two = opened(), opened()
    datasets.build(one)
    write_rows(folder, "find")
    genuine = type(one.store).get

    def meanwhile(store: Any, kind: Any, id: str) -> Any:  # noqa: A002
        found = genuine(store, kind, id)
        if kind is Head:
            monkeypatch.setattr(type(one.store), "get", genuine)
            datasets.build(two)
        return found

    version = datasets.current(one)
    monkeypatch.setattr(datasets, "current", lambda _: version)
    monkeypatch.setattr(type(one.store), "get", meanwhile)
    with pytest.raises(ConflictProblem):
        ceiling.freeze(one)
    assert one.head.dataset != version.id


def test_a_goal_that_is_not_the_frozen_one_is_said_until_it_is_on_record(
    opened: Open, folder: Path
) -> None:
    runtime = opened()
    datasets.build(runtime)
    suite, _ = ceiling.freeze(runtime)
    assert not assessing.decide(runtime)[1].contradictions
    old = runtime.project.goal
    edit(folder, "tuneworthy.yaml", f"goal: {old}", "goal: persona")
    changed = opened()
    (said,) = assessing.decide(changed)[1].contradictions
    assert said.startswith(
        f"tuneworthy.yaml says goal persona; the suite in force was frozen for goal {old}."
    )
    tick(changed)
    frozen = [e.id for e in changed.evidence() if e.about == "suite.frozen"]
    assert ceiling.freeze(changed)[0].id == suite.id
    again = opened()
    assert not assessing.decide(again)[1].contradictions
    # Target and gain stay as old as they are: a candidate judged since came after them.
    assert [e.id for e in again.evidence() if e.about == "suite.frozen"] == frozen
