"""Cases of a suite that the candidate was trained on: what it says there is no evidence."""

import json
from collections.abc import Sequence

from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.neardup import normalise


def learned_cases(runtime: Runtime, suite: Suite, cases: Sequence[Case]) -> list[str]:
    """The ids of the cases whose whole question is a training row's, in the order of the cases.

    Case and blanks do not count; a question in other words is not seen. Suites over a split of
    the dataset are not looked at: the build keeps their rows apart, near copies too.
    """
    if suite.dataset or not cases:
        return []
    inputs = {"cases": suite.cases, "train": datasets.current(runtime).records["train"]}
    found = runtime.once("learned cases", inputs, lambda: json.dumps(_learned(runtime, cases)))
    return [str(name) for name in json.loads(found)]


def _learned(runtime: Runtime, cases: Sequence[Case]) -> list[str]:
    known = {digest(normalise(row.request)) for row in datasets.examples(runtime, "train")}
    return [case.id for case in cases if digest(normalise(_question(case))) in known]


def _question(case: Case) -> str:
    return "\n".join(text for text in (case.context, case.request) if text)


def learned_fault(found: Sequence[str], n: int) -> str:
    """Why a suite cannot be passed that way; empty when no case was learned."""
    if not found:
        return ""
    return f"{len(found)} of its {n} cases stand among the training rows, such as {found[0]}"
