"""Long work as durable jobs: killed at any point, the next start goes on."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from tuneworthy.adapters.durable import JobContext
from tuneworthy.adapters.durable import Jobs as Jobs
from tuneworthy.core.errors import Problem, StoppedProblem
from tuneworthy.core.version import VERSION
from tuneworthy.lifecycle import (
    ceiling,
    curve,
    duties,
    evaluation,
    live_review,
    monitoring,
    retention,
    rollouts,
    suite_runs,
    taints,
    training,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short
from tuneworthy.serve import Block
from tuneworthy.train import run_id

log = logging.getLogger("tuneworthy.gateway")

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

    def alternatives(context: JobContext, payload: Payload) -> Payload:
        def arms() -> list[str]:
            derive, again = payload.get("derive"), bool(payload.get("again"))
            return [run.id for run in ceiling.run_alternatives(runtime, derive, again=again)]

        context.step("freeze", lambda: ceiling.freeze(runtime)[0].id)
        return {"runs": context.step("arms", arms)}

    def train(context: JobContext, _: Payload) -> Payload:
        context.step("estimate", lambda: training.estimate(runtime).model_dump(mode="json"))
        return {"run": context.step("train", lambda: training.train(runtime).id)}

    def evaluate(context: JobContext, payload: Payload) -> Payload:
        again = bool(payload.get("again"))
        gains = partial(suite_runs.gains, runtime)
        done = context.step(
            "tuned", lambda: evaluation.run_tuned(runtime, again=again, gains=gains)[0].id
        )
        others = partial(_other_suites, runtime, again=again)
        return {"run": done, "suites": context.step("suites", others)}

    def drift(context: JobContext, _: Payload) -> Payload:
        result = context.step("check", lambda: monitoring.check(runtime)[0].model_dump(mode="json"))
        return {"drift": result, "live": context.step("live", partial(_live, runtime))}

    def learning(context: JobContext, _: Payload) -> Payload:
        return {"curve": context.step("curve", lambda: curve.run(runtime).model_dump(mode="json"))}

    work: dict[str, Handler] = {
        "alternatives": alternatives,
        "curve": learning,
        "train": train,
        "evaluate": evaluate,
        "drift": drift,
        "watch": partial(_watch, runtime),
        "duties": partial(_rounds, runtime),
    }
    return {name: _stoppable(runtime, handler) for name, handler in work.items()} | {
        "rollout": _rollout(runtime, blocks)
    }


def _watch(runtime: Runtime, context: JobContext, _: Payload) -> Payload:
    """What the monitor's schedule does: look for drift, review answers, delete what is due."""

    def check() -> Payload | None:
        result = monitoring.keep_watch(runtime)
        return result.model_dump(mode="json") if result else None

    def delete() -> list[str]:
        taints.remind(runtime)
        return [f"{one.kind} {one.id}" for one in retention.apply(runtime)]

    result = context.step("check", check)
    seen = context.step("live", partial(_live, runtime))
    return {"drift": result, "live": seen, "deleted": context.step("retention", delete)}


def _live(runtime: Runtime) -> Payload | None:
    found = live_review.review(runtime)
    return found.model_dump(mode="json") if found else None


def _rounds(runtime: Runtime, context: JobContext, _: Payload) -> Payload:
    """Raise the duties that have come due."""
    return context.step("raise", lambda: duties.raise_due(runtime).model_dump(mode="json"))


def _other_suites(runtime: Runtime, *, again: bool) -> list[str]:
    """Every suite that the project declares, on base and candidate; their names."""
    return [one.name for one in suite_runs.run(runtime, tuned=True, again=again)]


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
            try:
                state = rollouts.look(runtime, payload["rollout"], seen).state
            except Problem as problem:
                # A canary must not be left unwatched because the disk was full for a moment.
                log.warning("a look at %s failed: %s", payload["rollout"], problem)
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
    return Jobs(url, VERSION, handlers(runtime, blocks), owner=runtime.project.id)


def run(runtime: Runtime, name: str, inputs: Mapping[str, Any]) -> Payload:
    """Run a job to its end; the same inputs join the job that is under way.

    What has ended is run anew: its finished steps come from the step memory, so that costs little,
    and the project may have been elsewhere in between.
    """
    stem = f"{runtime.project.id}-{name}-{short(digest(dict(inputs)))}"
    with engine(runtime) as jobs:
        return jobs.start(name, dict(inputs), free_id(jobs, stem, _ENDED)).wait()


_FAILED = ("failed", "cancelled")
_ENDED = (*_FAILED, "done")


def free_id(jobs: Jobs, stem: str, over: Collection[str] = _FAILED) -> str:
    """The id of the first attempt that is not over."""
    for attempt in range(1, ATTEMPTS):
        state = jobs.status(f"{stem}-{attempt}")
        if state is None or state.state not in over:
            return f"{stem}-{attempt}"
    return f"{stem}-{uuid4().hex}"


def take_up_rollouts(runtime: Runtime, jobs: Jobs) -> None:
    """See that every rollout under way has a job that watches it, also after one that failed."""
    for rollout in rollouts.running(runtime):
        payload = {"rollout": rollout.id, "route": rollout.route}
        jobs.start("rollout", payload, free_id(jobs, rollout.id))


def run_alternatives(
    runtime: Runtime, derive: bool | None = None, *, again: bool = False
) -> Payload:
    """Every alternative to tuning, as a job; the options are ``ceiling.run_alternatives``'s."""
    head, project = runtime.head, runtime.project
    inputs: dict[str, Any] = {
        "dataset": head.dataset,
        "arms": digest([digest(arm) for arm in runtime.arms]),
        "models": digest([model.model_dump(mode="json") for model in project.all_models]),
        "derive": project.derive_prompts if derive is None else derive,
        **_again(runtime, again),
    }
    return run(runtime, "alternatives", inputs)


def run_curve(runtime: Runtime) -> Payload:
    """The learning curve, as a job; no gate is asked, because nothing of it is kept."""
    head = runtime.head
    return run(runtime, "curve", {"dataset": head.dataset, "setup": curve.setup(runtime)})


def run_training(runtime: Runtime) -> Payload:
    """Estimate and train, as a job named by the run's manifest; the gates are asked first."""
    training.require_gates(runtime)
    return run(runtime, "train", {"manifest": run_id(training.manifest(runtime))})


def run_evaluation(runtime: Runtime, *, again: bool = False) -> Payload:
    """Judge the current version, as a job."""
    head = runtime.head
    inputs = {"model": head.model, "suite": head.suite, **_again(runtime, again)}
    return run(runtime, "evaluate", inputs)


def _again(runtime: Runtime, again: bool) -> dict[str, str]:
    """What makes a job another one than the finished one over the same inputs."""
    return {"again": runtime.now()} if again else {}
