"""Long work as durable jobs: killed at any point, the next start goes on."""

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

ATTEMPTS = 1000
"""A job that failed is tried anew under the next number, up to so many."""


def handlers(
    runtime: Runtime, blocks: Blocks | None
) -> Mapping[str, Callable[[JobContext, Payload], Payload]]:
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

    def rollout(context: JobContext, payload: Payload) -> Payload:
        if blocks is None:
            # Only a gateway sees the outcomes; its next start goes on with this rollout.
            raise StoppedProblem("not_a_gateway", "A rollout goes on when the gateway runs.")
        look = 0
        while (state := context.step(f"look-{look}", lambda: _look(payload))) in _UNDER_WAY:
            look += 1
            context.sleep(LOOK_SECONDS)
        return {"state": state}

    def _look(payload: Payload) -> str:
        seen = blocks(payload["route"]) if blocks else ()
        return rollouts.look(runtime, payload["rollout"], seen).state

    def drift(context: JobContext, _: Payload) -> Payload:
        result = context.step("check", lambda: monitoring.check(runtime)[0].model_dump(mode="json"))
        return {"drift": result}

    return {
        "alternatives": alternatives,
        "train": train,
        "evaluate": evaluate,
        "rollout": rollout,
        "drift": drift,
    }


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
    """Estimate and train, as a job named by the run's manifest."""
    return run(runtime, "train", {"manifest": run_id(training.manifest(runtime))})


def run_evaluation(runtime: Runtime) -> Payload:
    """Judge the current version, as a job."""
    head = runtime.head
    return run(runtime, "evaluate", {"model": head.model, "suite": head.suite})
