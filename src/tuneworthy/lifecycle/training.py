"""Estimate, train, register: from a dataset version to a model version."""

import json
import shutil
from pathlib import Path

from tuneworthy.core.errors import BlockedProblem, ConfigProblem, ConflictProblem
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.run import Cost, EvaluationRun, RunManifest, TrainingRun
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import TrainRequest
from tuneworthy.evaluate import as_trained, label_list
from tuneworthy.govern import Action, Matter, version_digest
from tuneworthy.lifecycle import access, datasets, gates
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.methods.canonical import short as short_digest
from tuneworthy.train import estimate_error, run_id


def manifest(runtime: Runtime) -> RunManifest:
    """Everything that decides the bytes of the run that would start now."""
    model = runtime.base_identity
    settings = runtime.project.training
    return RunManifest(
        base=model.base,
        dataset=datasets.current(runtime).id,
        template=model.template,
        tokenizer=model.tokenizer,
        prompt=digest(runtime.tuned_arm),
        settings=settings,
        environment=runtime.trainer.environment(settings),
    )


def estimate(runtime: Runtime) -> Cost:
    """A few real steps, extrapolated; kept, so that it is not run twice for one manifest."""
    plan = manifest(runtime)
    version = plan.dataset
    text = runtime.once(
        "estimate",
        {"manifest": run_id(plan)},
        lambda: runtime.trainer.estimate(
            _request(runtime, plan), runtime.progress
        ).model_dump_json(),
    )
    cost = Cost.model_validate_json(text)
    runtime.record(
        runtime.claim(
            "train.estimate",
            [version],
            {
                "cpu_seconds": cost.cpu_seconds,
                "peak_memory_mb": cost.peak_memory_mb,
                "flop": cost.flop,
                "tokens": cost.tokens,
            },
        )
    )
    return cost


def train(runtime: Runtime) -> TrainingRun:
    """Train and keep the adapter; needs the Build gate. A killed run goes on where it was.

    Raises BlockedProblem when a gate is shut.
    """
    require_gates(runtime)
    before = estimate(runtime)
    plan = manifest(runtime)
    # The blob's name is the digest that the run and its version carry.
    runtime.blobs.put(canonical(runtime.tuned_arm))
    found = runtime.once(
        "train",
        {"manifest": run_id(plan), "project": runtime.project.id},
        lambda: _train(runtime, plan, before),
    )
    run = runtime.store.get(TrainingRun, found)
    if run is None:
        raise KeyError(found)
    _register(runtime, run)
    return run


def require_gates(runtime: Runtime) -> None:
    """Raise BlockedProblem unless Start and Build stand open, and the actor may train."""
    founded = (GateName.START, GateName.BUILD)
    for gate in founded:
        gates.require(runtime, gate)
    access.require(
        runtime, access.caller(runtime), Action.SUBMIT_RUN, Matter(open_gates=frozenset(founded))
    )


def _train(runtime: Runtime, plan: RunManifest, before: Cost) -> str:
    id_ = _id_here(runtime, run_id(plan))
    run = runtime.store.get(TrainingRun, id_) or _trained(runtime, id_, plan, before)
    error = estimate_error(run.estimate, run.actual)
    runtime.record(
        runtime.claim(
            "train.run",
            [plan.dataset, run.adapter],
            {
                "flop": run.actual.flop,
                "cpu_seconds": run.actual.cpu_seconds,
                "peak_memory_mb": run.actual.peak_memory_mb,
                "estimate_error_seconds": error.cpu_seconds,
                "estimate_error_memory": error.peak_memory,
                "resumed": run.resumed,
                "config_digest": digest(plan.settings),
                "environment_digest": digest(plan.environment),
            },
        )
    )
    shutil.rmtree(_workspace(runtime, plan), ignore_errors=True)
    return id_


def _id_here(runtime: Runtime, id_: str) -> str:
    """The run's id; another one where another project of this database has made the same run.

    Every project trains for itself: who submitted a run decides who may not approve it.
    """
    known = runtime.store.get(TrainingRun, id_)
    mine = known is None or known.project == runtime.project.id
    return id_ if mine else digest({"run": id_, "project": runtime.project.id})


def _trained(runtime: Runtime, id_: str, plan: RunManifest, before: Cost) -> TrainingRun:
    result = runtime.trainer.train(_request(runtime, plan), runtime.progress)
    run = TrainingRun(
        id=id_,
        project=runtime.project.id,
        manifest=plan,
        estimate=before,
        actual=result.actual,
        adapter=runtime.blobs.put_tree(result.adapter),
        losses=result.losses,
        label_preview=result.label_preview,
        submitted_by=runtime.actor,
        resumed=result.resumed,
        created_at=runtime.now(),
    )
    with runtime.change("training.finish", ("training_run", id_, run.adapter)) as change:
        change.put(run)
    return run


def _workspace(runtime: Runtime, plan: RunManifest) -> Path:
    return runtime.state / "training" / short_digest(run_id(plan))


def _register(runtime: Runtime, run: TrainingRun) -> ModelVersion:
    """The model version of a finished run, made once, and the project's head moved to it."""
    known = [v for v in versions(runtime) if v.training_run == run.id]
    version = known[0] if known else _new_version(runtime, run)
    generation = runtime.store.generation(Head, runtime.project.id)
    head = runtime.head
    if head.dataset != run.manifest.dataset:
        raise ConflictProblem(
            "data_changed",
            f"{version.id} was trained, but the project has moved on to other data meanwhile.",
            why="It is kept. Gates and evidence are about the new dataset now.",
            fix="tuneworthy status",
        )
    if head.version != version.id or head.model != version_digest(version):
        moved = head.model_copy(
            update={
                "training_run": run.id,
                "version": version.id,
                "model": version_digest(version),
            }
        )
        what = ("project", runtime.project.id, version_digest(version))
        with runtime.change("project.version", what) as change:
            change.put(moved, expect=generation)
    return version


def _new_version(runtime: Runtime, run: TrainingRun) -> ModelVersion:
    version = ModelVersion(
        id=f"{runtime.project.id}-{len(versions(runtime)) + 1}",
        project=runtime.project.id,
        state=ModelState.TRAINED,
        base=run.manifest.base,
        base_path=str(runtime.project.base_model),
        adapter=run.adapter,
        tokenizer=run.manifest.tokenizer,
        template=run.manifest.template,
        prompt=run.manifest.prompt,
        dataset=run.manifest.dataset,
        training_run=run.id,
        created_at=runtime.now(),
    )
    what = ("model_version", version.id, version_digest(version))
    with runtime.change("version.register", what) as change:
        change.put(version, expect=0)
    return version


def versions(runtime: Runtime) -> list[ModelVersion]:
    """Every model version of this project, oldest first."""
    return [v for v in runtime.store.list(ModelVersion) if v.project == runtime.project.id]


def current_version(runtime: Runtime) -> ModelVersion:
    """The newest trained version. Raises ConfigProblem when there is none."""
    version = runtime.store.get(ModelVersion, runtime.head.version)
    if version is None:
        raise ConfigProblem(
            "no_version",
            f"Project '{runtime.project.id}' has no trained version yet.",
            fix="tuneworthy train start",
        )
    return version


def run_of(runtime: Runtime, version: ModelVersion) -> TrainingRun:
    """The training run that made a version."""
    run = runtime.store.get(TrainingRun, version.training_run)
    if run is None:
        raise ConfigProblem("no_run", f"The training run of {version.id} is not in the store.")
    return run


def arm_of(runtime: Runtime, version: ModelVersion) -> Arm | None:
    """The prompt a version was trained with, whatever the prompts file says now; None if lost."""
    if runtime.blobs.has(version.prompt):
        return Arm.model_validate_json(runtime.blobs.get(version.prompt))
    kept = (run.arm for run in runtime.store.list(EvaluationRun) if run.arm.arm == "tuned")
    return next((arm for arm in (*kept, runtime.tuned_arm) if digest(arm) == version.prompt), None)


def adapter_folder(runtime: Runtime, version: ModelVersion) -> Path:
    """The adapter's files, written out from the blob store and verified byte by byte."""
    folder = adapter_copy(runtime, version)
    if folder.is_symlink() or folder.is_file():
        folder.unlink()  # not what was written here, and what it points to is not ours
    elif folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(exist_ok=True)
    return runtime.blobs.get_tree(version.adapter, folder)


def adapter_copy(runtime: Runtime, version: ModelVersion) -> Path:
    """Where ``adapter_folder`` writes a version's files."""
    return runtime.state / "adapters" / short_digest(version.adapter, 32)


def _request(runtime: Runtime, plan: RunManifest) -> TrainRequest:
    train_rows = datasets.examples(runtime, "train")
    if not train_rows:
        raise BlockedProblem(
            "no_training_rows",
            "The training split is empty.",
            why="Every row was dropped or went to the test split.",
            fix="tuneworthy data check",
        )
    labels = label_list(train_rows)
    arm = runtime.tuned_arm

    def rendered(rows: list[Example]) -> tuple[Example, ...]:
        return tuple(as_trained(arm, row, labels=labels) for row in rows)

    workspace = _workspace(runtime, plan)
    workspace.mkdir(parents=True, exist_ok=True)
    (workspace / "manifest.json").write_text(
        json.dumps(plan.model_dump(mode="json"), indent=1), encoding="utf-8"
    )
    return TrainRequest(
        base=runtime.base_path,
        train=rendered(train_rows),
        validation=rendered(datasets.examples(runtime, "validation")),
        arm=arm,
        settings=runtime.project.training,
        workspace=workspace,
    )
