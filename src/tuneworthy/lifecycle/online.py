"""Do scores on the frozen suite foretell what is said of live answers? Kept as evidence."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.online import OnlineAgreement, Source, VersionOnline
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.serving import Interaction, ServingManifest
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import comparing, evaluation
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.intervals import mean_interval
from tuneworthy.methods.lines import load_lines
from tuneworthy.methods.two_shares import difference
from tuneworthy.monitor import newest_scores

ABOUT = "eval.online_agreement"
"""The claim that live scores of a version were laid beside its score on the suite."""

GOOD = 0.5
"""From this score on an answer is called good."""


def agreement(runtime: Runtime, source: Source = "check") -> OnlineAgreement:
    """Every version that was scored on a suite and has live answers that ``source`` spoke of.

    Raises:
        BlockedProblem: There is no such version.
    """
    rated = _rated(runtime, source)
    found = []
    for version in runtime.store.list(ModelVersion):
        run = offline_run(runtime, version)
        live = rated.get(version.id, [])
        if run and live and version.project == runtime.project.id:
            made = _laid_beside(runtime, version, run, live)
            runtime.record(_claim(runtime, version, made, source))
            found.append(made)
    if not found:
        raise BlockedProblem(
            "nothing_online",
            "No version has both a score on a suite and live answers that were rated "
            f"(source: {source}).",
            why="Ratings come in over POST /v1/feedback; sources are check, user and override.",
            fix="tuneworthy serve, and --source user if people rate and no check does.",
        )
    pairs = [
        (one, other)
        for one, other in combinations(found, 2)
        if one.offline.value != other.offline.value and one.online.value != other.online.value
    ]
    alike = sum(
        (one.offline.value < other.offline.value) == (one.online.value < other.online.value)
        for one, other in pairs
    )
    return OnlineAgreement(
        source=source,
        versions=tuple(found),
        ordered=len(pairs),
        same_order=alike,
        words=_words(found[-1]),
    )


def offline_run(runtime: Runtime, version: ModelVersion) -> EvaluationRun | None:
    """The version's newest run, with the prompt it was trained with."""
    weights = evaluation.weights(version)
    runs = [
        run
        for run in runtime.store.list(EvaluationRun)
        if run.arm.arm == "tuned" and run.model == weights and digest(run.arm) == version.prompt
    ]
    primary = [run for run in runs if run.suite == runtime.head.suite]
    return next(reversed(primary or runs), None)


def _rated(runtime: Runtime, source: Source) -> dict[str, list[tuple[Interaction, float]]]:
    """Version to its live answers with their scores; what nobody was shown is left out."""
    version_of = {one.id: one.version for one in runtime.store.list(ServingManifest)}
    scores = newest_scores(runtime.store.feedback(), source)
    found: dict[str, list[tuple[Interaction, float]]] = defaultdict(list)
    for row in runtime.store.interactions():
        if row.id in scores and row.arm != "shadow" and row.manifest in version_of:
            found[version_of[row.manifest]].append((row, scores[row.id]))
    return found


def _laid_beside(
    runtime: Runtime,
    version: ModelVersion,
    run: EvaluationRun,
    live: Sequence[tuple[Interaction, float]],
) -> VersionOnline:
    online = mean_interval([score for _, score in live])
    gap = difference(online, run.score)
    scores = _scores_by_request(runtime, run)
    both = [
        (scores[asked] >= GOOD) == (score >= GOOD)
        for row, score in live
        if (asked := _asked(row)) in scores
    ]
    return VersionOnline(
        version=version.id,
        suite=run.suite,
        offline=run.score,
        online=online,
        gap=gap,
        agree=gap.low <= 0 <= gap.high,
        matched=len(both),
        same=sum(both) / len(both) if both else None,
    )


def _scores_by_request(runtime: Runtime, run: EvaluationRun) -> Mapping[str, float]:
    cases = comparing.cases_of(runtime, run)
    rows = load_lines(CaseResult, runtime.blobs.get(run.results))
    return {cases[row.case].request.strip(): row.score for row in rows if row.case in cases}


def _asked(row: Interaction) -> str:
    """What the user said last; empty where the request cannot be read."""
    try:
        turns = json.loads(row.request)["messages"]
        said = [turn["content"] for turn in turns if turn["role"] == "user"]
        return str(said[-1]).strip()
    except (ValueError, KeyError, TypeError, IndexError):
        return ""


def _words(one: VersionOnline) -> str:
    gap = f"{one.gap.value:+.3f} [{one.gap.low:+.3f}, {one.gap.high:+.3f}]"
    if one.agree:
        return f"{one.version}: live scores are what the suite foretold, within noise ({gap})."
    word = "lower" if one.gap.value < 0 else "higher"
    return f"{one.version}: live scores are {word} than on the suite ({gap})."


def _claim(
    runtime: Runtime, version: ModelVersion, made: VersionOnline, source: Source
) -> Evidence:
    return runtime.claim(
        ABOUT,
        [version_digest(version)],
        {
            "version": version.id,
            "source": source,
            "n": made.online.n,
            **_bounds("offline", made.offline),
            **_bounds("online", made.online),
            **_bounds("gap", made.gap),
            "agree": made.agree,
            "matched": made.matched,
            "same": made.same,
        },
    )


def _bounds(name: str, found: Interval) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
