"""An A/A run: the same model asked the same cases again, so that noise has a number."""

from tuneworthy.core.errors import BlockedProblem, ConfigProblem
from tuneworthy.core.nouns.noise import NoiseRun
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import (
    CompareOptions,
    Paired,
    compare_results,
    deciding_metric,
    score_arm,
)
from tuneworthy.lifecycle import ceiling, evaluation, training
from tuneworthy.lifecycle.judging import AskedModel, Judge, OpenedModel
from tuneworthy.lifecycle.wiring import Runtime

ABOUT = "eval.noise_floor"


def measure(runtime: Runtime, *, tuned: bool = False) -> NoiseRun:
    """Ask the base's best prompt (or the tuned model) again, last case first.

    Nothing is remembered, so a model that samples says something else, and one that computes in
    batches meets other neighbours. The first run is the finished one.

    Raises:
        BlockedProblem: There is no finished run to repeat.
        ConfigProblem: The model of that run is not in the project any more.
        IntegrityProblem: The loaded weights are not what was trained.
    """
    if tuned:
        run = evaluation.tuned_run(runtime)
    else:
        asked = [one for one in ceiling.alternatives(runtime) if one.model]
        plain = [one for one in asked if one.arm.arm == "zero_shot"]
        run = next(iter([*plain, *asked]), None)
    if run is None:
        raise BlockedProblem(
            "nothing_to_repeat",
            "No finished run asks a model here.",
            fix=f"tuneworthy eval run{' --tuned' if tuned else ''}",
        )
    if tuned:
        version = training.current_version(runtime)
        return _again(runtime, run, evaluation.candidate(runtime, version))
    models = [one for one in runtime.project.all_models if runtime.digest_of(one) == run.model]
    if not models:
        raise ConfigProblem(
            "model_gone",
            f"Model '{run.model_name}' is no longer in tuneworthy.yaml.",
            fix="tuneworthy eval run",
        )
    with OpenedModel(runtime, models[0]) as model:
        return _again(runtime, run, model)


def _again(runtime: Runtime, run: EvaluationRun, model: AskedModel) -> NoiseRun:
    suite, cases = ceiling.current_suite(runtime)
    asker = Judge(runtime, suite, cases).asker(run.arm, model.load()[0])
    metric, ahead = (
        runtime.metric_by(deciding_metric(suite)),
        runtime.scorers.ahead(deciding_metric(suite)),
    )
    second = score_arm(asker, cases[::-1], metric, runtime.progress, ahead).results[::-1]
    found = _noise(run, cases, ceiling.results(runtime, run), list(second))
    runtime.record(runtime.claim(ABOUT, [suite.id, run.model], found.model_dump(mode="json")))
    return found


def _noise(
    run: EvaluationRun, cases: list[Case], first: list[CaseResult], second: list[CaseResult]
) -> NoiseRun:
    grouped = any(case.group for case in cases)
    paired = Paired(
        ids=tuple(case.id for case in cases),
        base=tuple(row.score for row in first),
        candidate=tuple(row.score for row in second),
        groups=tuple(case.group or f"\0{case.id}" for case in cases) if grouped else None,
        segments=tuple("" for _ in cases),
    )
    compared = compare_results(paired, CompareOptions(same_arm=True))
    told = compared.noise
    answers = sum(a.output != b.output for a, b in zip(first, second, strict=True))
    scores = told.changed if told else 0
    return NoiseRun(
        arm=run.arm.id,
        model=run.model_name,
        n=len(cases),
        changed_answers=answers,
        changed_scores=scores,
        delta=compared.delta,
        floor=told.floor if told else 0.0,
        holds_still=compared.verdict not in ("clearly better", "clearly worse"),
        words=compared.words,
    )


def floors(runtime: Runtime) -> list[NoiseRun]:
    """The newest A/A run of each model on the current suite."""
    newest = {
        item.subjects: item.result
        for item in runtime.evidence()
        if item.about == ABOUT and runtime.head.suite in item.subjects
    }
    return [NoiseRun.model_validate(result) for result in newest.values()]
