"""Looks into the failures of kept runs, or of files of results, and records what was found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuneworthy import adapters
from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.failures import FailureAnalysis, RunDiff
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.evaluate.errors import MOST, AnsweredRun, Only, analyse, answered, diff_runs
from tuneworthy.lifecycle import ceiling, comparing, evaluation
from tuneworthy.lifecycle.ceiling_record import way_of
from tuneworthy.lifecycle.named_run import find_run
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short

ABOUT = "eval.failure_analysis"
"""The claim that a run's failures were looked into."""


@dataclass(frozen=True)
class FailureOptions:
    """How failures are looked into.

    Attributes:
        pass_at: The score from which a case passes. None: 1 where all scores are 0 or 1, else 0.5.
        embeddings: Whether the embedded sentence model may be asked, where it is installed.
    """

    pass_at: float | None = None
    embeddings: bool = True


@dataclass(frozen=True)
class DiffOptions:
    """Which cases of two runs are shown side by side.

    Attributes:
        case: One case by its id; empty for all that ``only`` fits.
        only: Newly ``broken`` or newly ``fixed`` cases, or all that ``changed``.
        most: How many.
        pass_at: As in FailureOptions.
    """

    case: str = ""
    only: Only = "changed"
    most: int = MOST
    pass_at: float | None = None


def analyse_files(
    run: str | Path, against: str | Path | None = None, options: FailureOptions | None = None
) -> FailureAnalysis:
    """Kinds, clusters and parts of the failures in a file of results; needs no project.

    The file is JSON Lines with ``id``, ``score``, ``output``, and where there are any ``request``,
    ``expected``, ``segment`` and ``error``.

    Raises:
        ConfigProblem: There is no such file.
        DataProblem: A file is not one of results, or the files are not over the same cases.
        UsageProblem: An option is out of range.
    """
    told = options or FailureOptions()
    check_pass(told.pass_at)
    base = answered(comparing.read_results(against)) if against is not None else None
    return _analysed(answered(comparing.read_results(run)), base, told, _embedder(None, told))


def diff_files(
    base: str | Path, candidate: str | Path, options: DiffOptions | None = None
) -> RunDiff:
    """The answers in two files of results side by side; needs no project.

    Raises:
        ConfigProblem: There is no such file.
        DataProblem: A file is not one of results, or the files are not over the same cases.
        UsageProblem: There is no such case, or an option is out of range.
    """
    sides = (answered(comparing.read_results(base)), answered(comparing.read_results(candidate)))
    return _diff(*sides, options or DiffOptions())


def failures(
    runtime: Runtime, run: str, against: str, options: FailureOptions | None = None
) -> FailureAnalysis:
    """Look into a run's failures and record the claim ``eval.failure_analysis``.

    Args:
        runtime: The project.
        run: A run's id, its first digits, or a file; empty for the tuned model's run, which is
            then compared with the base's.
        against: Another run or file; empty for none.
        options: How.

    Raises:
        BlockedProblem: No run is named and no tuned model was judged yet.
        ConfigProblem: There is no such run or file.
        DataProblem: The runs are not over the same cases.
    """
    told = options or FailureOptions()
    check_pass(told.pass_at)
    kept = None if run and Path(run).is_file() else _run(runtime, run)
    side = answered(comparing.read_results(run)) if kept is None else _side(runtime, kept)
    other = _against(runtime, against, kept if not run else None)
    found = _analysed(side, other, told, _embedder(runtime, told))
    if kept is not None:
        runtime.record(_claim(runtime, kept, found))
    return found


def diff(
    runtime: Runtime, base: str, candidate: str, options: DiffOptions | None = None
) -> RunDiff:
    """The answers of two runs (or files) side by side. Raises as ``failures`` does."""
    sides = [
        answered(comparing.read_results(name))
        if Path(name).is_file()
        else _side(runtime, find_run(runtime, name))
        for name in (base, candidate)
    ]
    return _diff(sides[0], sides[1], options or DiffOptions())


def check_pass(pass_at: float | None) -> None:
    """Refuse a limit that no score can be on both sides of. Raises UsageProblem."""
    if pass_at is not None and not 0 < pass_at <= 1:
        raise UsageProblem(
            "bad_pass",
            f"Scores lie between 0 and 1; {pass_at} is no limit.",
            fix="--pass-at 0.5, say.",
        )


def _diff(base: AnsweredRun, candidate: AnsweredRun, told: DiffOptions) -> RunDiff:
    check_pass(told.pass_at)
    return diff_runs(
        base,
        candidate,
        case=told.case,
        only=told.only,
        most=told.most,
        pass_at=told.pass_at,
    )


def _analysed(
    run: AnsweredRun, base: AnsweredRun | None, told: FailureOptions, embedder: Any
) -> FailureAnalysis:
    return analyse(
        run,
        base,
        pass_at=told.pass_at,
        embed=embedder.embed if embedder else None,
        vectors=embedder.name if embedder else "",
    )


class _Late:
    """The embedded sentence model, loaded when there is a failure to look at."""

    name = "all-MiniLM-L6-v2"

    def __init__(self, runtime: Runtime | None) -> None:
        self._runtime = runtime

    def embed(self, texts: Sequence[str]) -> Any:
        """Unit vectors of the texts."""
        if self._runtime is not None:
            return self._runtime.embedder.embed(texts)
        return adapters.load_embedder().embed(texts)


def _embedder(runtime: Runtime | None, told: FailureOptions) -> _Late | None:
    return _Late(runtime) if told.embeddings and adapters.has_embedder() else None


def _run(runtime: Runtime, name: str) -> EvaluationRun:
    if name:
        return find_run(runtime, name)
    run = evaluation.tuned_run(runtime)
    if run is None:
        raise BlockedProblem(
            "nothing_to_analyse",
            "No tuned model was judged on the current suite yet.",
            fix="tuneworthy eval run --tuned, or name a run: tuneworthy eval show --json",
        )
    return run


def _against(runtime: Runtime, name: str, tuned: EvaluationRun | None) -> AnsweredRun | None:
    if name:
        if Path(name).is_file():
            return answered(comparing.read_results(name))
        return _side(runtime, find_run(runtime, name))
    base = base_run(runtime) if tuned is not None else None
    return _side(runtime, base) if base else None


def base_run(runtime: Runtime) -> EvaluationRun | None:
    """The base model's run with the plain prompt, on the current suite."""
    version = runtime.store.get(ModelVersion, runtime.head.version)
    plain = [run for run in ceiling.alternatives(runtime) if run.arm.arm == "zero_shot"]
    own = [run for run in plain if version is not None and run.model == version.base]
    return next(iter(own or plain), None)


def _side(runtime: Runtime, run: EvaluationRun) -> AnsweredRun:
    name = f"{way_of(runtime, run)} ({short(run.id)})"
    results = comparing.run_results(runtime, run.id)
    return answered(replace(results, name=name), comparing.cases_of(runtime, run))


def _claim(runtime: Runtime, run: EvaluationRun, found: FailureAnalysis) -> Evidence:
    tuned = evaluation.tuned_run(runtime)
    own = tuned is not None and tuned.id == run.id
    changed = found.changes
    largest = found.clusters[0] if found.clusters else None
    return runtime.claim(
        ABOUT,
        [runtime.head.model if own else run.id, run.suite],
        {
            "n": found.n,
            "n_failed": found.n_failed,
            "failed_low": found.share.low,
            "failed_high": found.share.high,
            "pass_at": found.pass_at,
            "clusters": len(found.clusters),
            "largest_cluster": largest.share if largest else 0.0,
            "largest_words": list(largest.words) if largest else [],
            "kinds": dict(Counter({one.kind: one.n for one in found.kinds}).most_common(10)),
            "more_failures": [
                f"{one.family}: {one.name}" for one in found.slices if one.verdict[:4] == "more"
            ],
            "against": changed.against if changed else "",
            "newly_wrong": changed.broken if changed else None,
            "newly_right": changed.fixed if changed else None,
            "vectors": found.vectors,
        },
    )
