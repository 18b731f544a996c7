"""Freezes cases with metrics and thresholds under one digest, and tells two versions apart."""

from collections.abc import Callable, Sequence

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.core.nouns.suite_file import SuiteFile
from tuneworthy.core.nouns.suite_report import SuiteDiff
from tuneworthy.evaluate.render import as_case
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.methods.lines import dump_lines

THRESHOLDS = ("role", "metrics", "margin", "target")
"""Settings that decide whether a candidate passes."""


def freeze_suite(
    project: Project,
    dataset: DatasetVersion,
    test: Sequence[Example],
    *,
    put: Callable[[bytes], str],
    created_at: str,
) -> tuple[Suite, list[Case]]:
    """The suite over a dataset's test split. ``id`` covers cases, metric and thresholds."""
    cases = [as_case(example) for example in test]
    blob = put(dump_lines(cases))
    facts = {
        "project": project.id,
        "dataset": dataset.id,
        "cases": blob,
        "metric": project.metric,
        "target": project.target,
        "declared_gain": project.declared_gain,
    }
    if project.metric_options:
        # Without options the digest is what it was before there were any.
        facts["metrics"] = [project.scoring.model_dump(mode="json")]
    if project.guards.declared:
        facts["guards"] = project.guards.model_dump(mode="json")
    return _made(facts, len(cases), created_at), cases


def freeze_file(
    project: Project,
    name: str,
    file: SuiteFile,
    cases: Sequence[Case],
    *,
    dataset: str,
    put: Callable[[bytes], str],
    created_at: str,
) -> Suite:
    """A version of a suite of its own file.

    Args:
        project: Its id, and its metric where the file names none.
        name: The suite's name.
        file: What its file says; kept with it, since it says how the cases are asked.
        cases: Every case.
        dataset: The dataset version that they come from; empty for other sources.
        put: Keeps bytes and gives their digest.
        created_at: ISO stamp.
    """
    metrics = metrics_of(file, project)
    facts = {
        "project": project.id,
        "name": name,
        "role": file.role,
        "dataset": dataset,
        "cases": put(dump_lines(cases)),
        "metric": metrics[0].name,
        "metrics": [metric.model_dump(mode="json") for metric in metrics],
        "target": file.target or 0.0,
        "declared_gain": 0.0,
        "margin": file.margin,
        "file": put(canonical(file)),
    }
    return _made(facts, len(cases), created_at)


def _made(facts: dict[str, object], n: int, created_at: str) -> Suite:
    return Suite.model_validate({"id": digest(facts), "n": n, "created_at": created_at, **facts})


def metrics_of(file: SuiteFile, project: Project) -> tuple[MetricSettings, ...]:
    """The suite's metrics, the deciding one first."""
    return file.metrics or (project.scoring,)


def deciding_metric(suite: Suite) -> MetricSettings:
    """The metric that decides on a suite, with its options."""
    return (
        suite.metrics[0] if suite.metrics else MetricSettings.model_validate({"name": suite.metric})
    )


def diff_suites(
    name: str,
    before: tuple[str, SuiteFile, Sequence[Case]],
    after: tuple[str, SuiteFile, Sequence[Case]],
    *,
    after_candidate: bool,
) -> SuiteDiff:
    """What differs between two versions, each given as digest, settings and cases."""
    old = {case.id: case for case in before[2]}
    new = {case.id: case for case in after[2]}
    was, now = (version[1].model_dump(mode="json") for version in (before, after))
    settings = {key: (was[key], now[key]) for key in now if was[key] != now[key]}
    return SuiteDiff(
        name=name,
        before=before[0],
        after=after[0],
        added=tuple(id_ for id_ in new if id_ not in old),
        removed=tuple(id_ for id_ in old if id_ not in new),
        changed=tuple(id_ for id_ in new if id_ in old and new[id_] != old[id_]),
        settings=settings,
        thresholds=tuple(key for key in THRESHOLDS if key in settings),
        after_candidate=after_candidate,
    )
