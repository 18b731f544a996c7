"""What a round leaves in the ledger: one claim a run, and a summary of all runs of the suite."""

from collections.abc import Sequence
from typing import Any

from tuneworthy.assess import distinct_models
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.evaluate import (
    count_variants,
    is_structured,
    prompt_digest,
    structure_fault,
    variant_groups,
    words_digest,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

PURE_PROMPTS = ("zero_shot", "few_shot", "decomposed")
"""Kinds that are only a prompt, with or without worked examples; nothing is looked up."""


def way_of(runtime: Runtime, run: EvaluationRun) -> str:
    """The name of a way of answering: its arm's, with the model's where it is not the base."""
    base = runtime.project.base.title
    if run.arm.arm == "tuned" or run.model_name in ("", base):
        return run.arm.id
    return f"{run.arm.id} on {run.model_name}"


def record_runs(runtime: Runtime, suite: Suite, runs: Sequence[EvaluationRun]) -> None:
    """Record every run and what they say together. Nothing is recorded of no runs."""
    if not runs:
        return
    variants = _variants(runtime, suite)
    runtime.record(
        *(
            runtime.claim(
                "ceiling.arm",
                [suite.id, digest(run.arm), *([run.model] if run.model else [])],
                {**_about(run), "words": variants.get(digest(run.arm), words_digest(run.arm))},
            )
            for run in runs
        )
    )
    best = max(runs, key=lambda run: run.score.value)
    runtime.record(
        runtime.claim(
            "ceiling.summary",
            [suite.id],
            {
                **_counts(runs),
                "best": best.score.value,
                "best_low": best.score.low,
                "best_name": way_of(runtime, best),
                "target": suite.target,
                "reached": best.score.value >= suite.target,
                "n": suite.n,
            },
        )
    )


def _variants(runtime: Runtime, suite: Suite) -> dict[str, str]:
    """Each prompt's digest to that of the words of the first one that it is a variant of.

    Prompts that were run and taken out of the file since are looked at too.
    """
    ran = [run.arm for run in runtime.store.list(EvaluationRun) if run.suite == suite.id]
    arms = list({digest(arm): arm for arm in ran}.values())
    groups = variant_groups(arms)
    return {digest(arm): words_digest(arms[first]) for arm, first in zip(arms, groups, strict=True)}


def _about(run: EvaluationRun) -> dict[str, Any]:
    latency, price = run.latency, run.cost_per_success
    return {
        "name": run.arm.id,
        "kind": run.arm.arm,
        "score": run.score.value,
        "low": run.score.low,
        "high": run.score.high,
        "n": run.score.n,
        "model": run.model,
        "model_name": run.model_name,
        "prompt": digest(run.arm),
        "wording": prompt_digest(run.arm),
        "structured": is_structured(run.arm),
        "structure_fault": structure_fault(run.arm),
        "derived": bool(run.derived),
        "answers": run.answers,
        "valid_share": run.valid_share,
        "cpu_seconds": run.cpu_seconds,
        "wall_seconds": run.wall_seconds,
        "p50_seconds": latency.p50 if latency else None,
        "p95_seconds": latency.p95 if latency else None,
        "p99_seconds": latency.p99 if latency else None,
        "first_p50_seconds": latency.first_p50 if latency else None,
        "first_p95_seconds": latency.first_p95 if latency else None,
        "first_p99_seconds": latency.first_p99 if latency else None,
        "latency_n": latency.n if latency else 0,
        "latency_alone": latency.alone if latency else None,
        "prompt_tokens": run.prompt_tokens,
        "completion_tokens": run.completion_tokens,
        "cost": run.cost,
        "per_success": price.value if price else None,
        "per_success_low": price.low if price else None,
        "per_success_high": price.high if price else None,
    }


def _counts(runs: Sequence[EvaluationRun]) -> dict[str, Any]:
    kinds = {run.arm.arm for run in runs}
    asked = [(run.model, prompt_digest(run.arm), run.answers) for run in runs if run.model]
    prompts = list({digest(r.arm): r.arm for r in runs if r.arm.arm in PURE_PROMPTS}.values())
    return {
        "prompt_variants": count_variants(prompts),
        "prompts": len(prompts),
        "models": distinct_models(asked),
        "few_shot": "few_shot" in kinds,
        "retrieval": bool(kinds & {"retrieval", "nearest_neighbour"}),
        "structured": any(run.model and is_structured(run.arm) for run in runs),
        "derived": sum(bool(run.derived) for run in runs),
    }
