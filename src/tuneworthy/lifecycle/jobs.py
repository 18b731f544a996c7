"""Long work as durable jobs: killed at any point, the next start goes on."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuneworthy.adapters.durable import JobContext
from tuneworthy.adapters.durable import Jobs as Jobs
from tuneworthy.core.errors import StoppedProblem
from tuneworthy.core.version import VERSION
from tuneworthy.lifecycle import ceiling, evaluation, monitoring, rollouts, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short
from tuneworthy.serve import Block
from tuneworthy.train import run_id

Payload = dict[str, Any]
Blocks = Callable[[str], Sequence[Block]]
"""Gives the outcomes on a route since the last call."""

LOOK_SECONDS = 1.0
"""How often a running rollout is looked at."""

WATCH_SECONDS = 600.0
"""How long one checkpointed step of a rollout watches."""

ATTEMPTS = 1000
"""A job that failed is tried anew under the next number, up to so many."""


Handler = Callable[[JobContext, Payload], Payload]


def handlers(runtime: Runtime, blocks: Blocks | None) -> Mapping[str, Handler]:
    """What each kind of job does; its steps are checkpointed one by one."""

    def alternatives(context: JobContext, _: Payload) -> Payload:
        context.step("freeze", lambda: ceiling.freeze(runtime)[0].id)
        runs = context.step("arms", lambda: [r.id for r in ceiling.run_alternatives(runtime)])
        return {"runs": runs}

    def train(context: JobContext, _: Payload) -> Payload:
        context.step("estimate", lambda: training.estimate(runtime).model_dump(mode="json"))
        return {"run": context.step("train", lambda: training.train(runtime).id)}

    def evaluate(context: JobContext, _: Payload) -> Payload:
        return {"run": context.step("tuned", lambda: evaluation.run_tuned(runtime)[0].id)}

    def drift(context: JobContext, _: Payload) -> Payload:
        result = context.step("check", lambda: monitoring.check(runtime)[0].model_dump(mode="json"))
        return {"drift": result}

    work = {"alternatives": alternatives, "train": train, "evaluate": evaluate, "drift": drift}
    return {name: _stoppable(runtime, handler) for name, handler in work.items()} | {
        "rollout": _rollout(runtime, blocks)
    }


def _stoppable(runtime: Runtime, handler: Handler) -> Handler:
    """The handler, which leaves off at its next sign of progress when the program stops."""

    def run(context: JobContext, payload: Payload) -> Payload:
        heard = runtime.progress

        def told(step: str, done: int, total: int, note: str = "") -> None:
            context.check()
            heard(step, done, total, note)

        runtime.progress = told
        try:
            return handler(context, payload)
        finally:
            runtime.progress = heard

    return run


def _rollout(runtime: Runtime, blocks: Blocks | None) -> Handler:
    """Watches a rollout to its end; a watch is a step, so that the book stays short."""

    def watch(context: JobContext, payload: Payload) -> str:
        state = "running"
        until = time.monotonic() + WATCH_SECONDS
        while state in _UNDER_WAY and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
            context.check()
            seen = blocks(payload["route"]) if blocks else ()
            state = rollouts.look(runtime, payload["rollout"], seen).state
        return state

    def rollout(context: JobContext, payload: Payload) -> Payload:
        if blocks is None:
            # Only a gateway sees the outcomes; its next start goes on with this rollout.
            raise StoppedProblem("not_a_gateway", "A rollout goes on when the gateway runs.")
        number = 0
        while (state := context.step(f"watch-{number}", lambda: watch(context, payload))) in (
            _UNDER_WAY
        ):
            number += 1
        return {"state": state}

    return rollout


_UNDER_WAY = ("running", "held")


def engine(runtime: Runtime, blocks: Blocks | None = None) -> Jobs:
    """The job engine of this process, to be used in a ``with`` block.

    What a dead process left unfinished goes on at once. ``blocks`` says where a rollout's outcomes
    come from; without it rollouts are left to a gateway.
    """
    url = runtime.project.store or f"sqlite:///{runtime.state / 'jobs.db'}"
    return Jobs(url, VERSION, handlers(runtime, blocks))


def run(runtime: Runtime, name: str, inputs: Mapping[str, Any]) -> Payload:
    """Run a job to its end; the same inputs join the job that is under way or finished.

    A job that failed or was cancelled is tried anew the next time.
    """
    stem = f"{runtime.project.id}-{name}-{short(digest(dict(inputs)))}"
    with engine(runtime) as jobs:
        return jobs.start(name, dict(inputs), free_id(jobs, stem)).wait()


def free_id(jobs: Jobs, stem: str) -> str:
    """The id of the newest attempt that has not failed."""
    for attempt in range(1, ATTEMPTS):
        state = jobs.status(f"{stem}-{attempt}")
        if state is None or state.state not in ("failed", "cancelled"):
            return f"{stem}-{attempt}"
    return f"{stem}-{ATTEMPTS}"


def run_alternatives(runtime: Runtime) -> Payload:
    """Every alternative to tuning, as a job."""
    head = runtime.head
    arms = digest([digest(arm) for arm in runtime.arms])
    return run(runtime, "alternatives", {"dataset": head.dataset, "arms": arms})


def run_training(runtime: Runtime) -> Payload:
    """Estimate and train, as a job named by the run's manifest; the gates are asked first."""
    training.require_gates(runtime)
    return run(runtime, "train", {"manifest": run_id(training.manifest(runtime))})


def run_evaluation(runtime: Runtime) -> Payload:
    """Judge the current version, as a job."""
    head = runtime.head
    return run(runtime, "evaluate", {"model": head.model, "suite": head.suite})
