"""One round: every way of answering over every model, endpoints side by side, weights in turn."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import Progress
from tuneworthy.lifecycle.judging import Judge, OpenedModel
from tuneworthy.lifecycle.wiring import Runtime

HOPELESS = ("endpoint_silent", "endpoint_refused_key", "unknown_model", "no_base_model")
"""Problems that every other prompt would meet on the same model too."""


class Way(NamedTuple):
    """One way of answering; ``derived`` is the digest of what it was made from, if it was."""

    arm: Arm
    derived: str = ""

    @property
    def asks(self) -> bool:
        """Whether it asks a model; a plain lookup does not."""
        return self.arm.arm != "nearest_neighbour"


class Failure(NamedTuple):
    """A way that a model could not be asked."""

    model: str
    arm: str
    problem: ModelProblem


class Outcome(NamedTuple):
    """What a round left, in the order of models and ways."""

    runs: list[EvaluationRun]
    failures: list[Failure]


def run_round(
    runtime: Runtime, judge: Judge, ways: Sequence[Way], models: Sequence[ModelSettings]
) -> Outcome:
    """Run all, as far as possible: a model that fails does not keep the others from being asked.

    Endpoints are asked at the same time, each with a bounded number of requests. Models on this
    machine follow, one after the other: each uses every core, and a busy machine would make the
    endpoints look slow.
    """
    asking = [way for way in ways if way.asks]
    endpoints = [model for model in models if model.is_endpoint]
    by_model: dict[str, Outcome] = {}
    if endpoints and asking:
        by_model |= _side_by_side(runtime, judge, asking, endpoints)
    total = len(ways) - len(asking) + len(asking) * (len(models) - len(endpoints))
    done = 0
    plain = Outcome([], [])
    for way in ways:
        if not way.asks:
            runtime.progress("alternatives", done, total, way.arm.id)
            plain.runs.append(judge.run(way.arm))
            done += 1
    for model in models:
        if model.is_local:
            by_model[model.title] = _in_turn(runtime, judge, asking, model, done, total)
            done += len(asking)
    runtime.progress("alternatives", total, total)
    outcomes = [plain, *(by_model[model.title] for model in models if model.title in by_model)]
    return Outcome(
        [run for outcome in outcomes for run in outcome.runs],
        [failure for outcome in outcomes for failure in outcome.failures],
    )


def _in_turn(
    runtime: Runtime,
    judge: Judge,
    ways: Sequence[Way],
    settings: ModelSettings,
    done: int,
    total: int,
) -> Outcome:
    outcome = Outcome([], [])
    with OpenedModel(runtime, settings) as model:
        for number, way in enumerate(ways, done):
            runtime.progress("alternatives", number, total, f"{way.arm.id}, {settings.title}")
            try:
                outcome.runs.append(judge.run(way.arm, model, derived=way.derived))
            except ModelProblem as problem:
                outcome.failures.append(Failure(settings.title, way.arm.id, problem))
                if problem.code in HOPELESS:
                    break
    return outcome


def _side_by_side(
    runtime: Runtime, judge: Judge, ways: Sequence[Way], endpoints: Sequence[ModelSettings]
) -> dict[str, Outcome]:
    told = _Together(runtime.progress, len(ways) * len(endpoints))

    def ask(settings: ModelSettings) -> Outcome:
        outcome = Outcome([], [])
        with OpenedModel(runtime, settings) as model:
            for way in ways:
                progress = told.of(f"{way.arm.id}, {settings.title}")
                try:
                    run = judge.run(way.arm, model, derived=way.derived, progress=progress)
                    outcome.runs.append(run)
                except ModelProblem as problem:
                    outcome.failures.append(Failure(settings.title, way.arm.id, problem))
                    if problem.code in HOPELESS:
                        break
                told.finished()
        return outcome

    # The store and the blobs are opened here: threads that open them at once would open two.
    _ = runtime.store, runtime.blobs
    with ThreadPoolExecutor(len(endpoints), thread_name_prefix="endpoint") as pool:
        futures = [pool.submit(ask, settings) for settings in endpoints]
        found = [future.result() for future in futures]
    return {settings.title: one for settings, one in zip(endpoints, found, strict=True)}


class _Together:
    """One progress line for many threads, counted in finished ways."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def of(self, name: str) -> Progress:
        """What one way's answers are told to."""

        def told(step: str, done: int, total: int, note: str = "") -> None:
            del step, note
            with self._lock:
                self._progress("ask endpoints", self._done, self._total, f"{name}: {done}/{total}")

        return told

    def finished(self) -> None:
        """Count one more way."""
        with self._lock:
            self._done += 1
            self._progress("ask endpoints", self._done, self._total)
