"""Every declared suite on base and candidate, always both, and what that leaves in the ledger."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Arm, Case, Suite, SuiteRole
from tuneworthy.core.nouns.suite_report import SuiteOutcome
from tuneworthy.evaluate import base_only, judge_suite
from tuneworthy.lifecycle import ceiling, evaluation, suite_ledger, suites, training
from tuneworthy.lifecycle.judging import AskedModel, Judge, OpenedModel
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest


class _Job(NamedTuple):
    """One suite with the prompt that both models are asked with."""

    suite: Suite
    cases: list[Case]
    arm: Arm
    judge: Judge


def run(
    runtime: Runtime, names: Sequence[str] = (), *, tuned: bool, again: bool = False
) -> list[SuiteOutcome]:
    """Run suites on the base and, with ``tuned``, on the candidate; finished runs are kept.

    Args:
        runtime: The project.
        names: Which; all that the project declares without it.
        tuned: Judge the current version too, and record what it did on every suite.
        again: Ask cases anew that could not be answered.

    Raises:
        BlockedProblem: A suite was changed after a candidate was judged on it.
        ConfigProblem: A suite's file has faults, or there is no version to judge.
        IntegrityProblem: The loaded weights are not what was trained.
    """
    chosen = names or suite_ledger.declared(runtime, suite_ledger.look(runtime))
    if not chosen:
        return []
    version = training.current_version(runtime) if tuned else None
    # All are frozen before the first is run: nothing is learned on the way.
    frozen = [suites.settle(runtime, name) for name in chosen]
    jobs = [_job(runtime, suite, cases, version, again=again) for suite, cases in frozen]
    with OpenedModel(runtime, runtime.project.base) as base:
        _run_all(runtime, jobs, base, "base")
    if version is None:
        return [_outcome(runtime, job, None) for job in jobs]
    _run_all(runtime, jobs, evaluation.candidate(runtime, version), version.id)
    record(runtime)
    return [_outcome(runtime, job, version) for job in jobs]


def _run_all(runtime: Runtime, jobs: Sequence[_Job], model: AskedModel, name: str) -> None:
    for number, job in enumerate(jobs):
        runtime.progress("suites", number, len(jobs), f"{job.suite.name}, {name}")
        job.judge.run(job.arm, model)
    runtime.progress("suites", len(jobs), len(jobs), name)


def _job(
    runtime: Runtime,
    suite: Suite,
    cases: list[Case],
    version: ModelVersion | None,
    *,
    again: bool = False,
) -> _Job:
    file = suite_ledger.settings_of(runtime, suite)
    arm = file.prompt.as_arm(suite.name) if file.prompt else _trained(runtime, version)
    return _Job(
        suite,
        cases,
        arm,
        Judge(runtime, suite, cases, again=again, max_new_tokens=file.max_new_tokens),
    )


def _trained(runtime: Runtime, version: ModelVersion | None) -> Arm:
    """How the model under judgement is asked; before there is one, how it will be."""
    return runtime.tuned_arm if version is None else evaluation.trained_prompt(runtime, version)


def outcomes(runtime: Runtime) -> list[SuiteOutcome]:
    """What finished runs say of the current version, for every frozen suite that counts."""
    version = runtime.store.get(ModelVersion, runtime.head.version)
    found = []
    for suite in suite_ledger.look(runtime).in_force.values():
        cases = suite_ledger.cases_of(runtime, suite)
        found.append(_outcome(runtime, _job(runtime, suite, cases, version), version))
    return found


def _outcome(runtime: Runtime, job: _Job, version: ModelVersion | None) -> SuiteOutcome:
    base = version.base if version else runtime.digest_of(runtime.project.base)
    theirs = _finished(runtime, job, base)
    ours = _finished(runtime, job, evaluation.weights(version)) if version else None
    if theirs is None or ours is None:
        return base_only(job.suite, ceiling.results(runtime, theirs) if theirs else None)
    return judge_suite(
        job.suite,
        job.cases,
        ceiling.results(runtime, theirs),
        ceiling.results(runtime, ours),
        [(settings.name, runtime.metric_by(settings)) for settings in job.suite.metrics[1:]],
    )


def _finished(runtime: Runtime, job: _Job, model: str) -> EvaluationRun | None:
    """The newest run of a suite by a model with the very prompt."""
    prompt = digest(job.arm)
    runs = [
        run
        for run in runtime.store.list(EvaluationRun)
        if (run.suite, run.model, digest(run.arm)) == (job.suite.id, model, prompt)
    ]
    return runs[-1] if runs else None


def record(runtime: Runtime) -> None:
    """Put on record what the current version did on all declared suites together."""
    found = outcomes(runtime)
    claims = [_guards(runtime, found)]
    makers: dict[SuiteRole, Callable[[Runtime, list[SuiteOutcome]], Evidence]] = {
        "general": _general,
        "safety": _safety,
    }
    for role, make in makers.items():
        if of_role := [one for one in found if one.role == role and one.run]:
            claims.append(make(runtime, of_role))
    runtime.record(*claims)


def _guards(runtime: Runtime, found: Sequence[SuiteOutcome]) -> Evidence:
    known = suite_ledger.look(runtime)
    names = suite_ledger.declared(runtime, known)
    ran = {one.name: one for one in found if one.run}
    missed = {name: list(one.failed) for name, one in ran.items() if one.failed}
    return runtime.claim(
        "eval.guards",
        [runtime.head.model, suite_ledger.standing(runtime)],
        {
            "declared": len(names),
            "run": len(ran),
            "not_run": len(set(names) - set(ran)),
            "n": sum(one.n for one in ran.values()),
            "failed": len(missed),
            "names_not_run": sorted(set(names) - set(ran)),
            "names_failed": sorted(missed),
            "reasons": missed,
            "suites": {name: _figures(one) for name, one in sorted(ran.items())},
            "retired": {name: word.reason for name, word in known.retired.items()},
        },
    )


def _figures(one: SuiteOutcome) -> dict[str, Any]:
    return {
        "role": one.role,
        "suite": one.suite,
        "n": one.n,
        "metric": one.metric,
        "base": one.base.value if one.base else None,
        "candidate": one.candidate.value if one.candidate else None,
        "delta": one.delta.value if one.delta else None,
        "low": one.delta.low if one.delta else None,
        "high": one.delta.high if one.delta else None,
        "margin": one.margin,
        "target": one.target,
        "significant_loss": one.significant_loss,
    }


def _general(runtime: Runtime, found: list[SuiteOutcome]) -> Evidence:
    worst = min(found, key=lambda one: one.delta.low if one.delta else 0.0)
    return runtime.claim(
        "eval.general_ability",
        [runtime.head.model],
        {**_together(found), "low": worst.delta.low if worst.delta else 0.0},
    )


def _safety(runtime: Runtime, found: list[SuiteOutcome]) -> Evidence:
    lost = sorted(one.name for one in found if one.significant_loss)
    return runtime.claim(
        "safety.suite",
        [runtime.head.model],
        {**_together(found), "significant_loss": bool(lost), "names_lost": lost},
    )


def _together(found: list[SuiteOutcome]) -> dict[str, Any]:
    """Mean scores over all cases of some suites, and the names of these."""
    n = sum(one.n for one in found)
    base, ours = (
        sum(one.n * score.value for one in found if (score := getattr(one, side))) / n if n else 0.0
        for side in ("base", "candidate")
    )
    return {
        "n": n,
        "base": base,
        "candidate": ours,
        "delta": ours - base,
        "suites": sorted(one.name for one in found),
    }
