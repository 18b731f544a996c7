"""Kept runs without their models: scored anew, shown case by case, written as files."""

import json
from pathlib import Path
from typing import get_args

from tuneworthy.core.errors import DataProblem, IntegrityProblem, UsageProblem
from tuneworthy.core.nouns.metric import MetricName, MetricSettings
from tuneworthy.core.nouns.replay import KeptCase, Replay
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.evaluate import ChooseBy, changes, cost_of, rescored, result_row
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.intervals import mean_interval
from tuneworthy.methods.lines import load_lines


def kept_cases(runtime: Runtime, run: EvaluationRun) -> list[KeptCase]:
    """Every question of a run with its raw answer, in the order of the suite.

    Raises IntegrityProblem when answers and suite do not belong together.
    """
    _, cases, rows = _read(runtime, run)
    return [
        KeptCase(case=case, result=row, cost=_cost(run, row))
        for case, row in zip(cases, rows, strict=True)
    ]


def replay(
    runtime: Runtime,
    run: EvaluationRun,
    metric: str = "",
    choose_by: ChooseBy | None = None,
) -> Replay:
    """Score the kept answers again, by the suite's own metric or another one. No model is asked.

    Raises:
        UsageProblem: There is no such metric, or it needs options.
        IntegrityProblem: Answers and suite do not belong together.
    """
    suite, cases, rows = _read(runtime, run)
    settings = _settings(runtime, suite, metric)
    try:
        if ahead := runtime.scorers.ahead(settings):
            ahead([row.output for row in rows], cases)
        scored = rescored(cases, rows, runtime.metric_by(settings), choose_by)
    except ValueError as fault:
        raise UsageProblem(
            "bad_metric",
            f"Metric '{settings.name}' cannot be used so.",
            why=str(fault),
            fix="Leave out --metric: the run is scored as its suite says.",
        ) from fault
    own = settings == _settings(runtime, suite, "") and choose_by is None
    return Replay(
        run=run.id,
        arm=run.arm.id,
        model_name=run.model_name,
        metric=settings,
        as_recorded=own,
        score=mean_interval([row.score for row in scored]),
        valid_share=sum(row.valid for row in scored) / max(1, len(scored)),
        recorded=run.score,
        changed=changes(rows, scored),
    )


def export(runtime: Runtime, run: EvaluationRun, path: Path) -> int:
    """Write a run as a file of results; returns its lines. Raises DataProblem."""
    lines = [
        json.dumps(result_row(kept), ensure_ascii=False) + "\n" for kept in kept_cases(runtime, run)
    ]
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as fault:
        raise DataProblem(
            "cannot_write",
            f"{path} cannot be written.",
            why=f"{fault.strerror}.",
            fix="Name a file in a folder that is there and may be written to.",
        ) from fault
    return len(lines)


def _read(runtime: Runtime, run: EvaluationRun) -> tuple[Suite, list[Case], list[CaseResult]]:
    suite = runtime.store.get(Suite, run.suite)
    if suite is None:
        raise IntegrityProblem(
            "suite_lost",
            f"The suite that {run.arm.id} was run on is not here.",
            why=f"The ledger has no suite {run.suite}.",
            fix="Put back a backup of the store.",
        )
    cases = load_lines(Case, runtime.blobs.get(suite.cases))
    rows = load_lines(CaseResult, runtime.blobs.get(run.results))
    if [case.id for case in cases] != [row.case for row in rows]:
        raise IntegrityProblem(
            "results_of_others",
            f"The kept answers of {run.arm.id} are not those to its suite's cases.",
            why="Their ids differ.",
            fix="Put back a backup of the store and the blobs.",
        )
    return suite, cases, rows


def _settings(runtime: Runtime, suite: Suite, name: str) -> MetricSettings:
    """The metric by name, with the options that the suite has for it, or else the project."""
    declared = suite.metrics
    if not declared:
        scoring = runtime.project.scoring
        bare = MetricSettings.model_validate({"name": suite.metric})
        declared = (scoring if scoring.name == suite.metric else bare,)
    if not name:
        return declared[0]
    found = [one for one in declared if one.name == name]
    try:
        return found[0] if found else MetricSettings.model_validate({"name": name})
    except ValueError:
        known = ", ".join(get_args(MetricName))
        raise UsageProblem(
            "unknown_metric", f"There is no metric '{name}'.", fix=f"One of: {known}."
        ) from None


def _cost(run: EvaluationRun, row: CaseResult) -> float | None:
    if run.prices is None or not run.prompt_tokens or row.failed:
        return None
    return cost_of(run.prices, row.prompt_tokens, row.completion_tokens)
