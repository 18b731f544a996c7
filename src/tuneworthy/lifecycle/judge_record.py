"""A judge is held against people, and what rests on its scores is told anew."""

from pathlib import Path

from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.lifecycle import evaluation, judged_reviews, judges, suite_ledger, suite_runs
from tuneworthy.lifecycle.judges import Judged, JudgeOptions
from tuneworthy.lifecycle.wiring import Runtime


def calibrate(runtime: Runtime, file: str | Path, options: JudgeOptions | None = None) -> Judged:
    """As ``judges.calibrate``; comparisons and suites that the judge scored follow at once."""
    found = judges.calibrate(runtime, file, options)
    _follow(runtime)
    return found


def calibrate_from(runtime: Runtime, review: str, options: JudgeOptions | None = None) -> Judged:
    """The same by what people said in a closed review."""
    found = judged_reviews.calibrate(runtime, review, options)
    _follow(runtime)
    return found


def _follow(runtime: Runtime) -> None:
    if runtime.store.get(ModelVersion, runtime.head.version) is not None:
        evaluation.compare_again(runtime, suite_runs.gains(runtime))
        if suite_ledger.look(runtime).in_force:
            suite_runs.record(runtime)
