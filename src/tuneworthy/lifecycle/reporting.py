"""Gathers what the ledger holds into one Report; makes nothing up."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic_core import to_jsonable_python

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.decision import Decision, Verdict
from tuneworthy.core.nouns.report import Report, ReportArm, TraceStep
from tuneworthy.core.nouns.run import Comparison, EvaluationRun, TrainingRun
from tuneworthy.core.version import VERSION
from tuneworthy.lifecycle import (
    assessing,
    auditing,
    ceiling,
    duties,
    evaluation,
    gates,
    live_quality,
    money,
    monitoring,
    override_rate,
    rollouts,
    status,
    tracing,
)
from tuneworthy.lifecycle.ceiling_record import way_of
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

Tone = Literal["ok", "warn", "bad"]


def gather(runtime: Runtime, *, trace_response: str = "", keep_audit: bool = True) -> Report:
    """The report of a project as it stands now.

    Args:
        runtime: The project.
        trace_response: A response to trace, if given.
        keep_audit: Say in the ledger that the audit chain was verified. Without it, reporting twice
            gives the same report, because the first leaves nothing new behind.
    """
    store = runtime.store
    declared, evidenced = assessing.decide(runtime)
    arms = ceiling.alternatives(runtime)
    tuned = evaluation.tuned_run(runtime)
    compared = evaluation.comparisons(runtime)
    run = store.get(TrainingRun, runtime.head.training_run)
    sentence, tone = verdict_sentence(runtime, evidenced, arms, tuned, compared)
    summary = auditing.verify(runtime, keep=keep_audit)
    card = assessing.scorecard(runtime)
    facts = {
        "project": runtime.project.id,
        "use_case": runtime.project.use_case,
        "base_model": _base_name(runtime),
        "tool_version": VERSION,
        "verdict_sentence": sentence,
        "tone": tone,
        "declared": declared,
        "evidenced": evidenced,
        "scorecard": card,
        "dataset": store.get(DatasetVersion, runtime.head.dataset),
        "arms": tuple(_arm(found, way_of(runtime, found)) for found in arms),
        "tuned": _arm(tuned, tuned.arm.id) if tuned else None,
        "target": runtime.project.target,
        "comparisons": tuple(compared),
        "estimate": run.estimate if run else None,
        "actual": run.actual if run else None,
        "losses": run.losses if run else (),
        "money": money.found(runtime),
        "gates": tuple(gates.states(runtime)),
        "rollouts": tuple(rollouts.all_of(runtime)),
        "drift": monitoring.newest_drift(runtime),
        "quality": live_quality.newest(runtime),
        "overrides": override_rate.newest(runtime),
        "duties": duties.summary(runtime),
        "alerts": tuple(monitoring.alerts(runtime)),
        "proposals": tuple(monitoring.proposals(runtime)),
        "trace": _trace(runtime, trace_response),
        "trace_response": trace_response,
        "audit": summary,
        "timeline": status.timeline(runtime),
        "notes": notes(runtime),
        "next_step": status.where(runtime).next_command,
    }
    said = {
        name: value
        for name, value in facts.items()
        if name not in ("audit", "timeline", "next_step", "duties")
    }
    said["scorecard"] = card.timeless()
    return Report.model_validate({"id": _id(said), "created_at": runtime.now(), **facts})


def _id(facts: Mapping[str, Any]) -> str:
    """The digest of what the report says, so that the same findings have the same id."""
    return digest(to_jsonable_python(facts))


def verdict_sentence(
    runtime: Runtime,
    decision: Decision,
    arms: list[EvaluationRun],
    tuned: EvaluationRun | None,
    compared: list[Comparison],
) -> tuple[str, Tone]:
    """One sentence a sponsor can act on, with its tone."""
    target = runtime.project.target
    if not arms:
        return "Not known yet: no alternative to tuning has been measured.", "warn"
    best = arms[0]
    said = f"{best.arm.id} scores {best.score.value:.1%} on {best.score.n} held-out cases"
    if tuned and compared:
        against = next((c for c in compared if c.against == best.id), compared[0])
        gain = f"{against.delta.value * 100:+.0f} points over {against.against_name}"
        bounds = f"95 % interval {against.delta.low * 100:+.0f} to {against.delta.high * 100:+.0f}"
        reached = tuned.score.value >= target
        sentence = (
            f"{'Tuning is worth it' if against.delta.low > 0 else 'Tuning did not pay'}: "
            f"the tuned model scores {tuned.score.value:.1%}, {gain} ({bounds})"
            + ("." if reached else f", and stays below the target of {target:.1%}.")
        )
        good = against.delta.low > 0
        return sentence, ("ok" if good and reached else "warn" if good else "bad")
    if decision.verdict.allows_tuning:
        return f"Worth a bounded pilot: {said}; the target is {target:.1%}.", "warn"
    if best.score.value >= target:
        return f"Do not tune: {said}, and the target is {target:.1%}.", "bad"
    if decision.verdict is Verdict.STOP_DATA_FLOOR:
        return f"Do not tune: too few examples remain after cleaning. {said}.", "bad"
    return f"Do not tune yet: {decision.reasons[0] if decision.reasons else said}", "bad"


def notes(runtime: Runtime) -> tuple[str, ...]:
    """What a reader must know to read the report rightly."""
    found = []
    if any(state.demonstration for state in gates.states(runtime)):
        found.append("The approvers are demonstration people; each signed with a key of their own.")
    if any(rollout.accelerated for rollout in rollouts.all_of(runtime)):
        found.append("Rollout stages ran on an accelerated clock.")
    if any(rollout.drill for rollout in rollouts.all_of(runtime)):
        found.append("One rollout or more was a drill, run to rehearse the rollback.")
    found.append(f"Not measured: {', '.join(_not_measured(runtime))}.")
    found.append("Times are of this machine and mean nothing elsewhere.")
    return tuple(found)


def _not_measured(runtime: Runtime) -> list[str]:
    """What nobody has measured on the current model."""
    known = {item.about for item in runtime.evidence() if runtime.head.model in item.subjects}
    asked = {"safety.suite": "safety", "eval.general_ability": "general ability after tuning"}
    return [*(words for about, words in asked.items() if about not in known), "bias"]


def _arm(run: EvaluationRun, name: str) -> ReportArm:
    return ReportArm(
        name=name,
        kind=run.arm.arm,
        score=run.score,
        valid_share=run.valid_share,
        cpu_seconds=run.cpu_seconds,
        tokens=run.prompt_tokens + run.completion_tokens,
    )


def _trace(runtime: Runtime, response: str) -> tuple[TraceStep, ...]:
    return tracing.walk(runtime, response) if response else ()


def _base_name(runtime: Runtime) -> str:
    name = runtime.project.base_model
    return "SmolLM2-135M-Instruct (embedded)" if name == "embedded" else name
