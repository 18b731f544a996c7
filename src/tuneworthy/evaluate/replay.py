"""Scores kept answers anew, and writes them as the rows that comparisons read."""

from collections.abc import Sequence
from typing import Any

from tuneworthy.core.nouns.replay import KeptCase, ScoreChange
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.choosing import ChooseBy, likeliest
from tuneworthy.evaluate.metrics import Metric
from tuneworthy.evaluate.runner import mark_of


def rescored(
    cases: Sequence[Case],
    rows: Sequence[CaseResult],
    metric: Metric,
    choose_by: ChooseBy | None = None,
) -> list[CaseResult]:
    """The same answers under a metric; with ``choose_by`` choices are made anew too."""
    found = []
    for case, row in zip(cases, rows, strict=True):
        output = row.output
        if choose_by is not None and row.logprobs:
            output = case.choices[likeliest(row.logprobs, case.choices, choose_by)]
        mark = mark_of(output, case, metric, failed=row.error if row.failed else "")
        update = {"output": output, **mark.model_dump()}
        found.append(row.model_copy(update=update))
    return found


def changes(before: Sequence[CaseResult], after: Sequence[CaseResult]) -> tuple[ScoreChange, ...]:
    """The cases whose scores differ."""
    return tuple(
        ScoreChange(case=old.case, recorded=old.score, found=new.score)
        for old, new in zip(before, after, strict=True)
        if abs(old.score - new.score) > 1e-9
    )


def result_row(kept: KeptCase) -> dict[str, Any]:
    """One line of a file of results; what is not known is left out."""
    case, result = kept.case, kept.result
    row: dict[str, Any] = {
        "id": case.id,
        "score": result.score,
        "valid": result.valid,
        "error": result.error,
        "output": result.output,
        "failed": result.failed,
        "cut_off": result.cut_off,
    }
    known = {
        "request": case.request,
        "expected": case.expected,
        "segment": case.segment,
        "group": case.group,
        "latency_s": result.seconds or None,
        "cost": kept.cost,
    }
    return row | {name: value for name, value in known.items() if value not in (None, "")}
