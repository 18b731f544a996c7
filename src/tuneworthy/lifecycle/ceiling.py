"""Runs every alternative to tuning on the same frozen cases, before tuning is advised."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun, WeightsProof
from tuneworthy.core.nouns.suite import Arm, Case, Suite
from tuneworthy.core.ports import ModelClient, Progress
from tuneworthy.evaluate import METRICS, Retriever, answer_ends, freeze_suite, run_arm
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.lines import dump_lines, load_lines


def freeze(runtime: Runtime) -> tuple[Suite, list[Case]]:
    """The suite over the current dataset's test split; logged before anything is run on it."""
    version = datasets.current(runtime)
    test = datasets.examples(runtime, "test")
    suite, cases = freeze_suite(
        runtime.project, version, test, put=runtime.blobs.put, created_at=runtime.now()
    )
    if runtime.store.get(Suite, suite.id) is None:
        with runtime.change("suite.freeze", ("suite", suite.id, suite.id)) as change:
            change.put(suite)
    generation = runtime.store.generation(Head, runtime.project.id)
    head = runtime.head
    if head.dataset == version.id and head.suite != suite.id:
        with runtime.change("project.suite", ("project", runtime.project.id, suite.id)) as change:
            change.put(head.model_copy(update={"suite": suite.id}), expect=generation)
    runtime.record(
        runtime.claim(
            "suite.frozen",
            [suite.id, version.id],
            {
                "n": suite.n,
                "metric": suite.metric,
                "target": suite.target,
                "declared_gain": suite.declared_gain,
            },
        )
    )
    return suite, cases


def run_alternatives(runtime: Runtime) -> list[EvaluationRun]:
    """Every arm but the tuned one, best first, with evidence. Finished arms are not run again."""
    suite, cases = freeze(runtime)
    arms = [arm for arm in runtime.arms if arm.arm != "tuned"]
    if not arms:
        raise ConfigProblem(
            "no_prompts",
            f"{runtime.folder / runtime.project.prompts} names no alternative to tuning.",
            why="Whether tuning is worth it can only be said against something.",
            fix="tuneworthy init --example services shows seven.",
        )
    judge = Judge(runtime, suite, cases)
    runs = []
    for number, arm in enumerate(arms, 1):
        runtime.progress("alternatives", number - 1, len(arms), arm.id)
        runs.append(judge.run(arm))
    runtime.progress("alternatives", len(arms), len(arms))
    _record(runtime, suite, runs)
    return sorted(runs, key=lambda run: -run.score.value)


Load = Callable[[], tuple[ModelClient, WeightsProof | None]]
"""Gives a model, with the proof of its weights where there is one to make."""


class Judge:
    """Runs arms over one suite; the model and the index are loaded when first needed."""

    def __init__(self, runtime: Runtime, suite: Suite, cases: list[Case]) -> None:
        self._runtime = runtime
        self._suite = suite
        self._cases = cases
        self._train = datasets.examples(runtime, "train")
        self._base: ModelClient | None = None
        self._retriever: Retriever | None = None

    def run(
        self,
        arm: Arm,
        *,
        model: str = "",
        load: Load | None = None,
    ) -> EvaluationRun:
        """One arm, from the step memory if its inputs are unchanged; no model is loaded then.

        Args:
            arm: The way of answering.
            model: Digest of the model that ``load`` gives; by default the base model is asked.
            load: Loads and proves another model than the base.
        """
        if load is None and arm.arm != "nearest_neighbour":
            model, load = self._base_digest(), lambda: (self._base_client(), None)
        inputs = {
            "suite": self._suite.id,
            "arm": digest(arm),
            "model": model,
            "train": datasets.current(self._runtime).records["train"],
            "max_new_tokens": self._runtime.project.max_new_tokens,
        }
        run_id = self._runtime.once("evaluate", inputs, lambda: self._run(arm, load, model, inputs))
        run = self._runtime.store.get(EvaluationRun, run_id)
        if run is None:
            raise KeyError(run_id)
        return run

    def _run(
        self,
        arm: Arm,
        load: Load | None,
        model: str,
        inputs: Mapping[str, Any],
    ) -> str:
        runtime = self._runtime
        client, proof = load() if load else (None, None)
        started = time.process_time()
        result = run_arm(
            arm,
            self._cases,
            self._train,
            METRICS[runtime.project.metric],
            client=client,
            retriever=self._index() if arm.arm in ("retrieval", "nearest_neighbour") else None,
            max_new_tokens=runtime.project.max_new_tokens,
            ends=answer_ends(runtime.project.metric),
            progress=_named(runtime.progress, arm.id),
        )
        seconds = time.process_time() - started
        run = EvaluationRun(
            id=digest(dict(inputs)),
            project=runtime.project.id,
            suite=self._suite.id,
            arm=arm,
            model=model,
            score=result.score,
            valid_share=result.valid_share,
            results=runtime.blobs.put(dump_lines(result.results)),
            cpu_seconds=round(seconds, 3),
            prompt_tokens=sum(row.prompt_tokens for row in result.results),
            completion_tokens=sum(row.completion_tokens for row in result.results),
            proof=proof,
            created_at=runtime.now(),
        )
        with runtime.change("evaluation.run", ("evaluation_run", run.id, run.id)) as change:
            change.put(run)
        return run.id

    def _base_digest(self) -> str:
        if self._runtime.project.base_model.startswith(("http://", "https://")):
            return self._base_client().digest
        return self._runtime.base_identity.base

    def _base_client(self) -> ModelClient:
        if self._base is None:
            self._runtime.progress("load model", 0, 1, self._runtime.project.base_model)
            self._base = self._runtime.client()
        return self._base

    def _index(self) -> Retriever:
        if self._retriever is None:
            self._runtime.progress("embed training requests", 0, 1)
            self._retriever = Retriever(self._train, self._runtime.embedder)
        return self._retriever


def _named(progress: Progress, name: str) -> Progress:
    """The same progress under another step name."""

    def told(step: str, done: int, total: int, note: str = "") -> None:
        del step
        progress(name, done, total, note)

    return told


def _record(runtime: Runtime, suite: Suite, runs: list[EvaluationRun]) -> None:
    for run in runs:
        runtime.record(
            runtime.claim(
                "ceiling.arm",
                [suite.id, digest(run.arm), *([run.model] if run.model else [])],
                {
                    "name": run.arm.id,
                    "kind": run.arm.arm,
                    "score": run.score.value,
                    "low": run.score.low,
                    "high": run.score.high,
                    "n": run.score.n,
                    "model": run.model,
                    "prompt": digest(run.arm),
                    "valid_share": run.valid_share,
                    "cpu_seconds": run.cpu_seconds,
                },
            )
        )
    best = max(runs, key=lambda run: run.score.value)
    kinds = {run.arm.arm for run in runs}
    prompts = {digest(run.arm) for run in runs if run.arm.arm in ("zero_shot", "few_shot")}
    runtime.record(
        runtime.claim(
            "ceiling.summary",
            [suite.id],
            {
                "prompt_variants": len(prompts),
                "models": len({run.model for run in runs if run.model}),
                "few_shot": "few_shot" in kinds,
                "retrieval": bool(kinds & {"retrieval", "nearest_neighbour"}),
                "structured": any("structured" in run.arm.id for run in runs),
                "best": best.score.value,
                "best_low": best.score.low,
                "best_name": best.arm.id,
                "target": suite.target,
                "reached": best.score.value >= suite.target,
                "n": suite.n,
            },
        )
    )


def alternatives(runtime: Runtime) -> list[EvaluationRun]:
    """The finished runs of the current suite that are alternatives to tuning, best first."""
    names = {digest(arm) for arm in runtime.arms if arm.arm != "tuned"}
    runs = [
        run
        for run in runtime.store.list(EvaluationRun)
        if run.suite == runtime.head.suite and digest(run.arm) in names
    ]
    return sorted(runs, key=lambda run: -run.score.value)


def results(runtime: Runtime, run: EvaluationRun) -> list[CaseResult]:
    """Every raw answer of a run."""
    return load_lines(CaseResult, runtime.blobs.get(run.results))


def current_suite(runtime: Runtime) -> tuple[Suite, list[Case]]:
    """The frozen suite and its cases. Raises ConfigProblem when there is none."""
    suite = runtime.store.get(Suite, runtime.head.suite)
    if suite is None:
        raise ConfigProblem(
            "no_suite",
            f"Project '{runtime.project.id}' has no frozen suite yet.",
            fix="tuneworthy eval run",
        )
    return suite, load_lines(Case, runtime.blobs.get(suite.cases))
