"""Every declared suite on base and candidate, always both, and what that leaves in the ledger."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Arm, Case, Suite
from tuneworthy.core.nouns.suite_report import SuiteOutcome, SuiteRun
from tuneworthy.evaluate import Metric, base_only, judge_suite
from tuneworthy.evaluate.suites_shipped import NAMES
from tuneworthy.lifecycle import ceiling, evaluation, judges, suite_ledger, suites, training
from tuneworthy.lifecycle.judging import AskedModel, Judge, OpenedModel
from tuneworthy.lifecycle.learned_cases import learned_cases, learned_fault
from tuneworthy.lifecycle.role_claims import read_facts, role_claims
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest


class Job(NamedTuple):
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
    jobs = [job_of(runtime, suite, cases, version, again=again) for suite, cases in frozen]
    with OpenedModel(runtime, runtime.project.base) as base:
        run_all(runtime, jobs, base, "base")
    if version is None:
        return [outcome_of(runtime, job, None) for job in jobs]
    run_all(runtime, jobs, evaluation.candidate(runtime, version), version.id)
    record(runtime)
    return [outcome_of(runtime, job, version) for job in jobs]


def run_all(runtime: Runtime, jobs: Sequence[Job], model: AskedModel, name: str) -> None:
    """Run jobs on one model; what is finished is not asked again."""
    for number, job in enumerate(jobs):
        runtime.progress("suites", number, len(jobs), f"{job.suite.name}, {name}")
        job.judge.run(job.arm, model)
    runtime.progress("suites", len(jobs), len(jobs), name)


def job_of(
    runtime: Runtime,
    suite: Suite,
    cases: list[Case],
    version: ModelVersion | None,
    *,
    again: bool = False,
) -> Job:
    """A suite with the prompt that its file says, or that the version was trained with.

    ``again``: cases that could not be answered are asked once more.
    """
    file = suite_ledger.settings_of(runtime, suite)
    arm = file.prompt.as_arm(suite.name) if file.prompt else _trained(runtime, version)
    judge = Judge(runtime, suite, cases, again=again, max_new_tokens=file.max_new_tokens)
    return Job(suite, cases, arm, judge)


def _trained(runtime: Runtime, version: ModelVersion | None) -> Arm:
    """How the model under judgement is asked; before there is one, how it will be."""
    return runtime.tuned_arm if version is None else evaluation.trained_prompt(runtime, version)


def outcomes(runtime: Runtime) -> list[SuiteOutcome]:
    """What finished runs say of the current version, for every frozen suite that counts."""
    version = runtime.store.get(ModelVersion, runtime.head.version)
    found = []
    for suite in suite_ledger.look(runtime).in_force.values():
        cases = suite_ledger.cases_of(runtime, suite)
        found.append(outcome_of(runtime, job_of(runtime, suite, cases, version), version))
    return found


def shipped_outcomes(runtime: Runtime) -> list[SuiteOutcome]:
    """The same for the suites that came with the house, but where the project has its own."""
    version = runtime.store.get(ModelVersion, runtime.head.version)
    known = suite_ledger.look(runtime)
    own = suite_ledger.declared(runtime, known)
    found = []
    for name, suite in known.shipped.items():
        if name in NAMES and name not in own:
            cases = suite_ledger.cases_of(runtime, suite)
            job = job_of(runtime, suite, cases, version)
            found.append(outcome_of(runtime, job, version).model_copy(update={"name": name}))
    return found


def results_of(
    runtime: Runtime, job: Job, version: ModelVersion
) -> tuple[list[CaseResult], list[CaseResult]]:
    """Every answer of base and candidate. Raises KeyError where one of them was not run."""
    runs = [_finished(runtime, job, m) for m in (version.base, evaluation.weights(version))]
    if runs[0] is None or runs[1] is None:
        raise KeyError(job.suite.name)
    return ceiling.results(runtime, runs[0]), ceiling.results(runtime, runs[1])


def outcome_of(runtime: Runtime, job: Job, version: ModelVersion | None) -> SuiteOutcome:
    """What the finished runs of one suite say; the base alone where there is no candidate's."""
    base = version.base if version else runtime.digest_of(runtime.project.base)
    theirs = _finished(runtime, job, base)
    ours = _finished(runtime, job, evaluation.weights(version)) if version else None
    told: dict[str, Any] = {"base_run": _told(theirs), "candidate_run": _told(ours)}
    if theirs is None or ours is None:
        alone = base_only(job.suite, ceiling.results(runtime, theirs) if theirs else None)
        return alone.model_copy(update=told)
    sides = (ceiling.results(runtime, theirs), ceiling.results(runtime, ours))
    found = judge_suite(
        job.suite,
        job.cases,
        *sides,
        [(one.name, _metric(runtime, one, job.cases, sides)) for one in job.suite.metrics[1:]],
    )
    faults = []
    judged = judges.judge_of(runtime, theirs, ours)
    if judged is not None and not judged[1].ok:
        faults.append(f"its judge may not decide: {judged[1].reason}")
    if fault := learned_fault(learned_cases(runtime, job.suite, job.cases), len(job.cases)):
        faults.append(fault)
    if theirs.recogniser != ours.recogniser:
        faults.append("base and tuned model were read by different recognisers")
    seen = runtime.scorers.seen_by(job.suite.metrics[1:])
    if ours.recogniser:
        seen[runtime.scorers.title(job.suite.metrics[0])] = ours.recogniser
    told |= {"failed": (*found.failed, *faults), "recognisers": seen}
    return found.model_copy(update=told)


def _told(run: EvaluationRun | None) -> SuiteRun | None:
    if run is None:
        return None
    return SuiteRun(
        run=run.id, failed=run.failed, empty=run.empty, cut_off=run.cut_off, invalid=run.invalid
    )


def _metric(
    runtime: Runtime, settings: MetricSettings, cases: list[Case], sides: Sequence[list[CaseResult]]
) -> Metric:
    """A further metric; a model that it asks has seen all answers of both before, at once."""
    if ahead := runtime.scorers.ahead(settings):
        for rows in sides:
            ahead([row.output for row in rows], cases)
    return runtime.metric_by(settings)


def _finished(runtime: Runtime, job: Job, model: str) -> EvaluationRun | None:
    """The newest run of a suite by a model with the very prompt."""
    prompt = digest(job.arm)
    runs = [
        run
        for run in runtime.store.list(EvaluationRun)
        if (run.suite, run.model, digest(run.arm)) == (job.suite.id, model, prompt)
    ]
    return runs[-1] if runs else None


def record(runtime: Runtime) -> None:
    """Put on record what the current version did on all declared suites together.

    Shipped suites that were run on it count for safety and general ability beside them.
    """
    found = outcomes(runtime)
    every = [one for one in (*found, *shipped_outcomes(runtime)) if one.run]
    guards = [_guards(runtime, found)] if found else []
    runtime.record(*guards, *role_claims(runtime, every))
    evaluation.adjust(runtime, _gains(found))


def gains(runtime: Runtime) -> dict[str, float]:
    """The p of the current version's gain on each primary suite of its own file."""
    return _gains(outcomes(runtime))


def _gains(found: Sequence[SuiteOutcome]) -> dict[str, float]:
    """What was not run, or is no gain, counts as the weakest of all: p = 1."""
    return {
        one.name: one.p_value if one.p_value is not None and one.gained else 1.0
        for one in found
        if one.role == "primary"
    }


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
            "not_run_why": sorted(set(names) - set(ran)),
            "n": sum(one.n for one in ran.values()),
            "failed": len(missed),
            "failed_why": [f"{name}: {', '.join(why)}" for name, why in sorted(missed.items())],
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
        "p_value": one.p_value,
        "significant_loss": one.significant_loss,
        **read_facts(one),
    }
