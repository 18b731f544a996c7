"""Runs one arm over the frozen suite and keeps its answers, times and costs."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.requirements import Prices
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun, Latency, WeightsProof
from tuneworthy.core.nouns.suite import Arm, Case, Suite
from tuneworthy.core.ports import ModelClient, Progress
from tuneworthy.evaluate import (
    Asker,
    Retriever,
    answer_ends,
    cost_of,
    cost_per_success,
    counts,
    deciding_metric,
    score_arm,
    with_firsts,
)
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.models import close_model, computing_of
from tuneworthy.lifecycle.remembered import remembered
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.lines import dump_lines

Load = Callable[[], tuple[ModelClient, WeightsProof | None]]
"""Gives a model, with the proof of its weights where there is one to make."""


@dataclass(frozen=True)
class AskedModel:
    """The model that an arm is run on; ``load`` is called when an arm has to be run."""

    digest: str
    load: Load
    name: str = ""
    prices: Prices | None = None
    alone: bool = False
    """Nothing else runs in this process meanwhile, so its processor time is this arm's."""
    first_token_requests: int = 0
    """How many cases are asked once more, to time the first token."""
    computing: str = ""
    """Digest of how a model in this process computes: its answers may differ in another way."""


class OpenedModel:
    """A configured model, opened when first asked and closed at the end of a ``with`` block."""

    def __init__(self, runtime: Runtime, settings: ModelSettings) -> None:
        self._runtime = runtime
        self._settings = settings
        self._client: ModelClient | None = None

    def __enter__(self) -> AskedModel:
        return AskedModel(
            digest=self._runtime.digest_of(self._settings),
            load=lambda: (self._open(), None),
            name=self._settings.title,
            prices=self._settings.prices,
            alone=self._settings.is_local,
            first_token_requests=self._settings.first_token_requests,
            computing=computing_of(self._runtime.folder, self._settings),
        )

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            close_model(self._client)
            self._client = None

    def _open(self) -> ModelClient:
        if self._client is None:
            if self._settings.is_local:
                self._runtime.progress("load model", 0, 1, self._settings.title)
            self._client = self._runtime.open_model(self._settings)
        return self._client


class Judge:
    """Runs arms over one suite, scored by its deciding metric.

    Threads may share one; the index is made when first needed.

    Args:
        runtime: The project.
        suite: The frozen suite.
        cases: Its cases.
        again: A finished run with failed cases, or with answers that the recogniser told nothing
            of, is done again: these are asked anew.
        max_new_tokens: Longest answer; None as in the project.
    """

    def __init__(
        self,
        runtime: Runtime,
        suite: Suite,
        cases: list[Case],
        *,
        again: bool = False,
        max_new_tokens: int | None = None,
    ) -> None:
        self._metric = deciding_metric(suite)
        self._longest = max_new_tokens or runtime.project.max_new_tokens
        self._runtime = runtime
        self._again = again
        self._suite = suite
        self._cases = cases
        self._train = datasets.examples(runtime, "train")
        self._records = datasets.current(runtime).records["train"]
        self._retriever: Retriever | None = None
        self._lock = threading.Lock()

    def run(
        self,
        arm: Arm,
        model: AskedModel | None = None,
        *,
        derived: str = "",
        progress: Progress | None = None,
    ) -> EvaluationRun:
        """One arm, from the step memory if its inputs are unchanged; no model is loaded then.

        Args:
            arm: The way of answering.
            model: Who is asked; None for plain retrieval.
            derived: Digest of what the prompt was made from, if no person wrote it.
            progress: Hears how many cases are answered; by default the runtime's.
        """
        inputs = {
            "suite": self._suite.id,
            "arm": digest(arm),
            "model": model.digest if model else "",
            "train": self._records,
            "max_new_tokens": self._longest,
        }
        if model and model.computing:
            inputs["computing"] = model.computing
        if judge := self._runtime.judge_models.identity(self._metric):
            inputs["judge"] = judge
        if seen := self._runtime.scorers.recognisers.identity(self._metric):
            inputs["recogniser"] = seen
        tell = progress or _named(self._runtime.progress, arm.id)
        run = self._kept(inputs)
        if run is None or (self._again and (run.failed or run.unread)):
            run = self._run(arm, model, derived, inputs, tell)
            key = digest(dict(inputs))
            self._runtime.remember("evaluate", inputs, key)
        renewed = _priced(run, model, derived)
        if renewed != run:
            self._keep(renewed)
        return renewed

    def _kept(self, inputs: Mapping[str, Any]) -> EvaluationRun | None:
        known = self._runtime.known("evaluate", inputs)
        return None if known is None else self._runtime.store.get(EvaluationRun, known)

    def _run(
        self,
        arm: Arm,
        model: AskedModel | None,
        derived: str,
        inputs: Mapping[str, Any],
        progress: Progress,
    ) -> EvaluationRun:
        runtime = self._runtime
        client, proof = model.load() if model else (None, None)
        asker = self.asker(arm, remembered(client, runtime.store.answers) if client else None)
        # Beside other threads the processor time of the process is not this arm's alone.
        clock = time.process_time if model is None or model.alone else time.thread_time
        started, started_wall = clock(), time.perf_counter()
        metric, ahead = (
            runtime.metric_by(self._metric),
            runtime.scorers.ahead(self._metric, progress),
        )
        result = score_arm(asker, self._cases, metric, progress, ahead)
        seconds, wall = clock() - started, time.perf_counter() - started_wall
        rows, counted = result.results, result.counted
        run = EvaluationRun(
            id=digest(dict(inputs)),
            project=runtime.project.id,
            suite=self._suite.id,
            arm=arm,
            model=model.digest if model else "",
            derived=derived,
            judge=inputs.get("judge", ""),
            recogniser=inputs.get("recogniser", ""),
            score=result.score,
            valid_share=result.valid_share,
            results=runtime.blobs.put(dump_lines(rows)),
            answers=result.answers,
            **counts(rows),
            remembered=result.remembered,
            cpu_seconds=round(seconds, 3),
            # The time of a part says nothing of the whole.
            wall_seconds=None if result.remembered else round(wall, 3),
            # An endpoint that counts now and then has counted nothing.
            prompt_tokens=sum(row.prompt_tokens for row in rows) if counted else 0,
            completion_tokens=sum(row.completion_tokens for row in rows) if counted else 0,
            # A model that answers in batches has no time of its own for a request.
            latency=self._latency(arm, model, client, result.latency if _timed(rows) else None),
            proof=proof,
            created_at=runtime.now(),
        )
        self._keep(_priced(run, model, derived))
        return run

    def _latency(
        self,
        arm: Arm,
        model: AskedModel | None,
        client: ModelClient | None,
        seen: Latency | None,
    ) -> Latency | None:
        """As seen in the run, or of single requests; by the model itself: memory takes no time."""
        asker = self.asker(arm, client)
        if seen is None:
            return asker.time_singly(self._cases)
        most = model.first_token_requests if model else 0
        return with_firsts(seen, asker.first_tokens(self._cases, most))

    def asker(self, arm: Arm, client: ModelClient | None) -> Asker:
        """Asks cases the arm's way, as a run does."""
        return Asker(
            arm=arm,
            train=self._train,
            client=client,
            retriever=self._index() if arm.arm in ("retrieval", "nearest_neighbour") else None,
            max_new_tokens=self._longest,
            ends=answer_ends(self._metric),
        )

    def _keep(self, run: EvaluationRun) -> None:
        what = ("evaluation_run", run.id, run.id)
        with self._runtime.change("evaluation.run", what) as change:
            change.put(run)

    def _index(self) -> Retriever:
        with self._lock:
            if self._retriever is None:
                self._runtime.progress("embed training requests", 0, 1)
                self._retriever = Retriever(self._train, self._runtime.embedder)
            return self._retriever


def _timed(rows: Sequence[CaseResult]) -> bool:
    """Whether cases have a time of their own: the model answers them one by one."""
    return any(row.seconds for row in rows)


def _priced(run: EvaluationRun, model: AskedModel | None, derived: str) -> EvaluationRun:
    """The run under today's names and prices; the answers stay as they are."""
    facts: dict[str, Any] = {"derived": derived}
    if model is not None:
        prices = model.prices if run.prompt_tokens > 0 else None
        cost = cost_of(prices, run.prompt_tokens, run.completion_tokens) if prices else None
        facts |= {
            "model_name": model.name,
            "prices": prices,
            "cost": cost,
            "cost_per_success": None if cost is None else cost_per_success(cost, run.score),
        }
    return run.model_copy(update=facts)


def _named(progress: Progress, name: str) -> Progress:
    """The same progress under another step name."""

    def told(step: str, done: int, total: int, note: str = "") -> None:
        del step
        progress(name, done, total, note)

    return told
