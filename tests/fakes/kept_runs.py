"""Runs put on record as the product keeps them, without a model."""

from collections.abc import Sequence

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun, WeightsProof
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.lines import dump_lines


def keep_run(
    runtime: Runtime, suite: str, arm: Arm, rows: Sequence[CaseResult], model: str = "b"
) -> EvaluationRun:
    """Keep the rows as the arm's run over a suite."""
    mean = sum(row.score for row in rows) / len(rows)
    run = EvaluationRun(
        id=digest(["run", arm.id]),
        project=runtime.project.id,
        suite=suite,
        arm=arm,
        model=model,
        score=Interval(value=mean, low=mean, high=mean, n=len(rows)),
        valid_share=1.0,
        results=runtime.blobs.put(dump_lines(rows)),
        cpu_seconds=1,
        prompt_tokens=1,
        completion_tokens=1,
        created_at=runtime.now(),
    )
    with runtime.change("evaluation.run", ("evaluation_run", run.id, run.id)) as change:
        change.put(run)
    return run


def good_proof(adapter: str, template: str) -> WeightsProof:
    """What an honest model says of its weights."""
    return WeightsProof(
        adapter=adapter,
        delta_norm=1,
        logit_difference=1,
        template=template,
        base="b",
        passed=True,
    )
