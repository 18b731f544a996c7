"""The learning curve: trains on shares of the training split, before any gate, only to judge them.

Nothing made here is a model version: an adapter is deleted once its answers are scored. The
held-out suite is not touched; the validation split judges, and folds of the training split where
it is small.
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tuneworthy.assess import curve as rules
from tuneworthy.core.errors import ConfigProblem, IntegrityProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.learning_curve import CurvePlan, LearningCurve
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.ports import LocalModel, TrainRequest
from tuneworthy.evaluate import answer_ends, as_case, as_trained, label_list, run_arm
from tuneworthy.lifecycle import datasets, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short
from tuneworthy.methods.lines import dump_lines, load_lines

CURVE = "eval.learning_curve"
STEP = "curve.point"


class Part(NamedTuple):
    """Rows to judge by, and the rows that models are trained on for them."""

    name: str
    pool: list[Example]
    held: list[Example]


class Point(NamedTuple):
    """One training with its judgement, and the digests that decide its result."""

    part: Part
    percent: int
    train: list[Example]
    inputs: Mapping[str, Any]


def plan(runtime: Runtime) -> CurvePlan:
    """What the curve would take now. Raises ConfigProblem when it cannot be made."""
    parts = _parts(runtime)
    points = list(_points(runtime, parts))
    left = [point for point in points if runtime.known(STEP, point.inputs) is None]
    cost = training.estimate(runtime)
    whole = len(datasets.examples(runtime, "train"))
    share = sum(len(point.train) for point in left) / whole
    return CurvePlan(
        trainings=len(points),
        trainings_left=len(left),
        training_rows=sum(len(point.train) for point in points),
        folds=sum(part.name.startswith("fold") for part in parts),
        cases=sum(len(part.held) for part in parts),
        cpu_seconds=cost.cpu_seconds * share,
        wall_seconds=cost.wall_seconds * share,
        seconds_per_answer=_seconds_per_answer(runtime),
    )


def run(runtime: Runtime) -> LearningCurve:
    """Train and judge every point that is not yet in the step memory; record what they say.

    Raises:
        ConfigProblem: There are too few rows, or the base model's weights are not here.
        IntegrityProblem: A trained adapter is not what answers.
    """
    parts = _parts(runtime)
    points = list(_points(runtime, parts))
    found: dict[int, list[CaseResult]] = {share: [] for share in rules.SHARES}
    rows = dict.fromkeys(rules.SHARES, 0)
    for number, point in enumerate(points):
        note = f"{point.percent} % of the rows, {point.part.name}"
        runtime.progress("learning curve", number, len(points), note)
        found[point.percent] += _judged(runtime, point)
        rows[point.percent] = max(rows[point.percent], len(point.train))
    runtime.progress("learning curve", len(points), len(points))
    held = [example for part in parts for example in part.held]
    curve = rules.read_curve(
        {share: [row.score for row in found[share]] for share in rules.SHARES},
        rows,
        rules.group_labels(held),
        target=_target(runtime),
    )
    runtime.record(
        runtime.claim(
            CURVE,
            [datasets.current(runtime).id, runtime.base_identity.base],
            {**curve.model_dump(mode="json"), "n": len(held), "setup": setup(runtime)},
        )
    )
    return curve


def setup(runtime: Runtime) -> str:
    """Digest of what else decides a curve: base model, prompt, settings, metric."""
    project = runtime.project
    return digest(
        {
            "base_model": project.base_model,
            "prompt": digest(runtime.tuned_arm),
            "settings": project.training.model_dump(),
            "metric": project.metric,
            "max_new_tokens": project.max_new_tokens,
        }
    )


def still_true(runtime: Runtime, item: Evidence) -> bool:
    """Whether a curve was made with the settings of today; other claims are always true here."""
    if item.about != CURVE:
        return True
    try:
        return bool(item.result.get("setup") == setup(runtime))
    except ConfigProblem:
        return False


def _target(runtime: Runtime) -> float:
    suite = runtime.store.get(Suite, runtime.head.suite)
    return runtime.project.target if suite is None else suite.target


def _parts(runtime: Runtime) -> list[Part]:
    """The validation split; then as many of five folds as bring the cases to a hundred."""
    train = datasets.examples(runtime, "train")
    validation = datasets.examples(runtime, "validation")
    parts = [Part("validation", train, validation)] if validation else []
    labels = rules.group_labels(train)
    if len(validation) < rules.ENOUGH_CASES:
        for number, fold in enumerate(rules.folds(train, labels, runtime.project.split.seed), 1):
            if sum(len(part.held) for part in parts) >= rules.ENOUGH_CASES:
                break
            chosen = set(fold)
            pool = [example for index, example in enumerate(train) if index not in chosen]
            parts.append(Part(f"fold {number}", pool, [train[index] for index in fold]))
    if len(set(labels)) < rules.FOLDS or not all(part.pool for part in parts):
        raise ConfigProblem(
            "too_few_rows",
            f"The training split has {len(train)} rows in {len(set(labels))} groups; "
            f"a learning curve needs {rules.FOLDS} groups or more.",
            why="Near-duplicate rows count as one group.",
            fix="Add rows to the sources, then: tuneworthy data build",
        )
    return parts


def _points(runtime: Runtime, parts: list[Part]) -> Iterator[Point]:
    identity, arm, settings = runtime.base_identity, runtime.tuned_arm, runtime.project.training
    environment = runtime.trainer.environment(settings)
    for part in parts:
        labels = rules.group_labels(part.pool)
        for percent in rules.SHARES:
            train = rules.share_of(part.pool, labels, percent, runtime.project.split.seed)
            inputs = {
                "base": identity.model_dump(),
                "arm": digest(arm),
                "settings": settings.model_dump(),
                "environment": environment.model_dump(),
                "train": digest([example.model_dump(mode="json") for example in train]),
                "held": digest([example.model_dump(mode="json") for example in part.held]),
                "metric": runtime.project.metric,
                "max_new_tokens": runtime.project.max_new_tokens,
            }
            yield Point(part, percent, train, inputs)


def _judged(runtime: Runtime, point: Point) -> list[CaseResult]:
    kept = runtime.once(STEP, point.inputs, lambda: _train_and_judge(runtime, point))
    return load_lines(CaseResult, runtime.blobs.get(json.loads(kept)["results"]))


def _train_and_judge(runtime: Runtime, point: Point) -> str:
    arm = runtime.tuned_arm
    labels = label_list(point.train)
    workspace = runtime.state / "curve" / short(digest(dict(point.inputs)))
    workspace.mkdir(parents=True, exist_ok=True)
    request = TrainRequest(
        base=runtime.base_path,
        train=tuple(as_trained(arm, row, labels=labels) for row in point.train),
        validation=(),
        arm=arm,
        settings=runtime.project.training,
        workspace=workspace,
    )
    made = runtime.trainer.train(request, runtime.progress)
    started = time.process_time()
    outcome = run_arm(
        arm,
        [as_case(example) for example in point.part.held],
        point.train,
        runtime.metric,
        client=_proved(runtime, made.adapter),
        retriever=None,
        max_new_tokens=runtime.project.max_new_tokens,
        ends=answer_ends(runtime.project.scoring),
        progress=runtime.progress,
    )
    # Kept until here, so that a kill while judging does not cost the training.
    shutil.rmtree(workspace, ignore_errors=True)
    return json.dumps(
        {
            "results": runtime.blobs.put(dump_lines(outcome.results)),
            "training": made.actual.model_dump(),
            "judging_cpu_seconds": round(time.process_time() - started, 3),
        }
    )


def _proved(runtime: Runtime, adapter: Path) -> LocalModel:
    """The model with this adapter, once it is proved that its weights answer."""
    model: LocalModel = runtime.client(adapter)  # type: ignore[assignment]
    proof = model.prove(adapter, runtime.base_identity.template)
    if not proof.passed:
        raise IntegrityProblem(
            "not_what_was_trained",
            "The loaded weights are not those that were trained for the learning curve.",
            why=proof.reason,
            fix="tuneworthy assess curve trains the point again.",
        )
    return model


def _seconds_per_answer(runtime: Runtime) -> float | None:
    """CPU seconds for an answer of the base model, the median over this project's runs."""
    base = runtime.base_identity.base
    found = sorted(
        run.cpu_seconds / (run.score.n - run.remembered)
        for run in runtime.store.list(EvaluationRun)
        if run.project == runtime.project.id and run.model == base and run.score.n > run.remembered
    )
    return found[len(found) // 2] if found else None
