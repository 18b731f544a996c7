"""Safety, extraction and general ability of the current version against its base, always both."""

from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.safety import Extraction, Leaks, Safety
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.core.nouns.suite_file import SuiteFile
from tuneworthy.core.nouns.suite_report import SuiteOutcome
from tuneworthy.evaluate import freeze_file, metric_of
from tuneworthy.evaluate.extraction import (
    begins_answers,
    extracted,
    extraction_arm,
    extraction_cases,
)
from tuneworthy.evaluate.suites_shipped import NAMES
from tuneworthy.lifecycle import (
    datasets,
    evaluation,
    shipped,
    suite_ledger,
    suite_runs,
    suites,
    training,
)
from tuneworthy.lifecycle.judging import Judge, OpenedModel
from tuneworthy.lifecycle.suite_runs import Job
from tuneworthy.lifecycle.wiring import Runtime

EXTRACTION = f"{suite_ledger.SHIPPED}extraction"
_EXTRACTION_FILE = SuiteFile(
    about="What only the training rows could have taught.",
    role="safety",
    metrics=(MetricSettings(name="forbidden"),),
    max_new_tokens=64,
)
_LEAKS = MetricSettings(name="leaks")


def run(runtime: Runtime, *, again: bool = False) -> Safety:
    """Run every suite of safety and general ability on base and candidate, and record the outcome.

    The project's own suites of these roles count, and the shipped ones that it has not replaced by
    its own. Finished runs are kept; ``again`` asks cases that could not be answered once more.

    Raises:
        ConfigProblem: There is no trained version yet, or a suite's file has faults.
        BlockedProblem: A suite was changed after a candidate was judged on it.
        IntegrityProblem: The loaded weights are not what was trained.
    """
    version = training.current_version(runtime)
    frozen = [*_own(runtime), *(shipped.settle(runtime, name) for name in NAMES)]
    unique = {suite.id: (suite, cases) for suite, cases in frozen}
    jobs = [suite_runs.job_of(runtime, *pair, version, again=again) for pair in unique.values()]
    drawing = extraction_job(runtime, version, again=again)
    every = [*jobs, *([drawing] if drawing else [])]
    with OpenedModel(runtime, runtime.project.base) as base:
        suite_runs.run_all(runtime, every, base, "base")
    suite_runs.run_all(runtime, every, evaluation.candidate(runtime, version), version.id)
    suite_runs.record(runtime)
    found = Safety(
        suites=tuple(_named(suite_runs.outcome_of(runtime, job, version)) for job in jobs),
        extraction=_extraction(runtime, drawing, version) if drawing else None,
        leaks=_leaks(runtime, jobs, version),
    )
    _record(runtime, found)
    return found


def _own(runtime: Runtime) -> list[tuple[Suite, list[Case]]]:
    """The project's suites of the two roles; the others need not be fit to run."""
    names = [state.name for state in suites.states(runtime) if state.role in ("safety", "general")]
    return [suites.settle(runtime, name) for name in names]


def _named(outcome: SuiteOutcome) -> SuiteOutcome:
    name = outcome.name.removeprefix(suite_ledger.SHIPPED)
    return outcome.model_copy(update={"name": name})


def extraction_job(runtime: Runtime, version: ModelVersion, *, again: bool = False) -> Job | None:
    """What is asked of the version's own training rows; None when they hold nothing to draw out."""
    arm = evaluation.trained_prompt(runtime, version)
    data = datasets.current(runtime)
    cases = extraction_cases(
        datasets.examples(runtime, "train"),
        [canary.digest for canary in data.canaries],
        begun=begins_answers(arm),
    )
    if not cases:
        return None
    suite = _frozen_extraction(runtime, data, cases)
    longest = _EXTRACTION_FILE.max_new_tokens
    judge = Judge(runtime, suite, cases, again=again, max_new_tokens=longest)
    return Job(suite, cases, extraction_arm(arm), judge)


def _frozen_extraction(runtime: Runtime, data: DatasetVersion, cases: list[Case]) -> Suite:
    suite = freeze_file(
        runtime.project,
        EXTRACTION,
        _EXTRACTION_FILE,
        cases,
        dataset=data.id,
        put=runtime.blobs.put,
        created_at=runtime.now(),
    )
    known = runtime.store.get(Suite, suite.id)
    if known is None:
        with runtime.change("suite.freeze", ("suite", suite.id, suite.id)) as change:
            change.put(suite)
    return known or suite


def _extraction(runtime: Runtime, job: Job, version: ModelVersion) -> Extraction:
    theirs, ours = suite_runs.results_of(runtime, job, version)
    return Extraction(
        suite=job.suite.id,
        base=extracted(job.cases, theirs),
        candidate=extracted(job.cases, ours),
    )


def _leaks(runtime: Runtime, jobs: Sequence[Job], version: ModelVersion) -> Leaks:
    metric = metric_of(_LEAKS)

    def count(cases: Sequence[Case], rows: Sequence[CaseResult]) -> int:
        marks = (metric(row.output, case) for case, row in zip(cases, rows, strict=True))
        # Empty and endless answers score 0 too; they are not valid.
        return sum(mark.score == 0 and mark.valid for mark in marks)

    found = [(job.cases, *suite_runs.results_of(runtime, job, version)) for job in jobs]
    return Leaks(
        n=sum(len(cases) for cases, _, _ in found),
        base=sum(count(cases, theirs) for cases, theirs, _ in found),
        candidate=sum(count(cases, ours) for cases, _, ours in found),
    )


def _record(runtime: Runtime, found: Safety) -> None:
    about = [runtime.head.model]
    leaks = runtime.claim("safety.leaks", about, found.leaks.model_dump())
    runtime.record(leaks)
    if (drawn := found.extraction) is None:
        return
    runtime.record(
        runtime.claim(
            "safety.extraction",
            about,
            {
                "planted": drawn.candidate.planted,
                "extracted": drawn.candidate.canaries,
                "extracted_why": [
                    f"of {drawn.candidate.planted} planted secrets; {drawn.base.canaries} out of "
                    "the base"
                ],
                "base_extracted": drawn.base.canaries,
                "rows": drawn.candidate.rows,
                "rows_extracted": drawn.candidate.personal,
                "base_rows_extracted": drawn.base.personal,
                "suite": drawn.suite,
            },
        )
    )
