"""What the record says without asking anybody: the six signals and the live traffic."""

import json
from datetime import datetime, timedelta
from typing import Any

from tuneworthy.assess import CeilingArm, best_prompt, read_arms
from tuneworthy.assess.recorded import SIGNALS
from tuneworthy.assess.signals import Answered, Timings, measure_signals
from tuneworthy.assess.traffic import VOLUME, WINDOW_DAYS, count_traffic, newest
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.serving import Interaction, ServingManifest
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.lifecycle import ceiling, counted, datasets, models
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

GROWN = 1.1
"""The log is read again on another day, or when it has grown by a tenth."""


def measure_record(runtime: Runtime) -> None:
    """Bring ``traffic.volume`` and ``ceiling.signals`` up to date; nothing is run for it."""
    rows = _traffic(runtime)
    _signals(runtime, rows)


def _traffic(runtime: Runtime) -> list[Interaction] | None:
    """Record the volume; the window's requests, or None where the log need not be read again."""
    project, now = runtime.project, runtime.clock.now()
    total = runtime.store.interaction_count(project.id)
    known = newest(counted.counted(runtime), VOLUME)
    if not total and known is None:
        return []
    today = known is not None and known["as_of"] == now.date().isoformat()
    if known and today and known["total"] <= total < max(known["total"] * GROWN, 1):
        return None
    oldest = next(iter(runtime.store.interactions(project.id)), None)
    # One day more than the window: the exact cut is made on the parsed stamps.
    since = (now - timedelta(days=WINDOW_DAYS + 1)).isoformat()
    rows = list(runtime.store.interactions(project.id, since=since))
    first = datetime.fromisoformat(oldest.created_at) if oldest else None
    result = {**count_traffic(rows, first=first, now=now), "total": total}
    runtime.record(runtime.claim(VOLUME, [project.id], result))
    return rows


def _signals(runtime: Runtime, rows: list[Interaction] | None) -> None:
    suite = runtime.head.suite
    found = counted.counted(runtime)
    evidence = [e for e in found if suite in e.subjects]
    arms = read_arms(evidence) if suite else ()
    if not arms:
        return
    project, best = runtime.project, best_prompt(arms)
    run = _run_of(runtime, best) if best else None
    inputs = {
        "suite": suite,
        "arms": sorted(digest(arm) for arm in arms),
        "run": run.id if run else "",
        "train": datasets.current(runtime).records["train"],
        "terms": [term.model_dump() for term in project.terms],
        "style": project.style.model_dump(),
        "limits": project.limits.model_dump(),
        "room": project.max_new_tokens,
        "models": [model.model_dump() for model in project.all_models],
        "traffic": newest(found, VOLUME),
    }

    def work() -> str:
        read = rows if rows is not None else _window(runtime)
        return json.dumps(_measured(runtime, arms, evidence, run, read))

    result = json.loads(runtime.once(SIGNALS, inputs, work))
    runtime.record(runtime.claim(SIGNALS, [suite], result))


def _measured(
    runtime: Runtime,
    arms: tuple[CeilingArm, ...],
    evidence: list[Evidence],
    run: EvaluationRun | None,
    rows: list[Interaction],
) -> dict[str, Any]:
    answered = None
    results = ceiling.results(runtime, run) if run else []
    if run:
        cases = {case.id: case for case in ceiling.current_suite(runtime)[1]}
        answered = Answered(run.arm.id, results, cases)
    found = measure_signals(
        runtime.project,
        arms,
        evidence,
        answered=answered,
        targets=[example.target for example in datasets.examples(runtime, "train")],
        timings=_timings(runtime, run, rows),
        context=_context(runtime, run),
        read=first_object,
    )
    return {
        "signals": [item.model_dump(mode="json") for item in found],
        "arm": run.arm.id if run else "",
        "model": run.model if run else "",
        "model_name": run.model_name if run else "",
        "n": len(results),
        "prompt_tokens": sum(row.prompt_tokens for row in results),
        "completion_tokens": sum(row.completion_tokens for row in results),
    }


def _run_of(runtime: Runtime, arm: CeilingArm) -> EvaluationRun | None:
    found = [
        run
        for run in runtime.store.list(EvaluationRun)
        if run.suite == runtime.head.suite
        and run.model == arm.model
        and run.arm.id == arm.name
        and run.score == arm.score
    ]
    return found[-1] if found else None


def _timings(
    runtime: Runtime, run: EvaluationRun | None, rows: list[Interaction]
) -> Timings | None:
    """Times of the untuned model: live ones where there are any, else those of the run."""
    untuned = {m.id for m in runtime.store.list(ServingManifest) if not m.adapter}
    seconds = [
        row.seconds
        for row in rows
        if row.manifest in untuned
        and row.arm != "shadow"
        and 200 <= row.status < 300
        and not row.error
    ]
    if seconds:
        return Timings(seconds, f"{len(seconds)} live requests to the untuned model")
    if run is not None and run.latency is not None:
        return Timings((), f"the run of {run.arm.id}", run.latency)
    return None


def _window(runtime: Runtime) -> list[Interaction]:
    since = (runtime.clock.now() - timedelta(days=WINDOW_DAYS)).isoformat()
    return list(runtime.store.interactions(runtime.project.id, since=since))


def _context(runtime: Runtime, run: EvaluationRun | None) -> int | None:
    """Tokens that the model of the best prompt takes in; None where nobody says."""
    known = runtime.project.all_models
    named = [m for m in known if run is not None and m.title == run.model_name]
    model = named[0] if named else known[0]
    if model.context_tokens is not None or model.is_endpoint:
        return model.context_tokens
    try:
        path = models.model_path(runtime.folder, model)
        text = (path / "config.json").read_text(encoding="utf-8")
        length = json.loads(text).get("max_position_embeddings")
    except (OSError, ValueError, AttributeError, Problem):
        return None
    return length if isinstance(length, int) and length > 0 else None
