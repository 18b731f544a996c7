"""Freezes held-out cases with metric and thresholds under one digest."""

from collections.abc import Callable, Sequence

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.evaluate.render import as_case
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.lines import dump_lines


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
    return Suite(id=digest(facts), n=len(cases), created_at=created_at, **facts), cases
