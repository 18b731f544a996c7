"""Base against candidate on a suite: no worse by the declared margin, the target reached, no loss.

Whatever is not shown does not pass: with too few cases a declared margin is missed.
"""

from collections.abc import Sequence

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.core.nouns.suite_report import MetricPair, SuiteOutcome
from tuneworthy.evaluate.metrics import Mark, Metric, mark_figures
from tuneworthy.evaluate.suite import deciding_metric
from tuneworthy.methods.intervals import mean_interval
from tuneworthy.methods.paired import Pairs, by_segment, compare, non_inferior

ALPHA = 0.05


def judge_suite(
    suite: Suite,
    cases: Sequence[Case],
    base: Sequence[CaseResult],
    candidate: Sequence[CaseResult],
    further: Sequence[tuple[str, Metric]] = (),
) -> SuiteOutcome:
    """What the two runs say together.

    Args:
        suite: With margin and target.
        cases: The suite's cases; their groups are drawn together.
        base: The base's results, in the order of the cases.
        candidate: The candidate's.
        further: Metrics beside the deciding one, scored over the same answers.

    Raises:
        ValueError: The results are not of these cases.
    """
    if not [c.id for c in cases] == [r.case for r in base] == [r.case for r in candidate]:
        raise ValueError(f"the runs are not over the cases of {suite.name}")
    ours, theirs = [row.score for row in candidate], [row.score for row in base]
    groups = [case.group or case.id for case in cases] if any(c.group for c in cases) else None
    paired = compare(ours, theirs, groups)
    delta = paired.delta
    failed = []
    parts = by_segment(Pairs.of(ours, theirs, groups), [case.segment for case in cases])
    lost = [part for part in parts if part.verdict == "clearly worse"]
    loss = paired.p_value < ALPHA and delta.high < 0
    if suite.margin is not None:
        shown = non_inferior(ours, theirs, suite.margin, groups)
        delta = shown.delta
        if not shown.passed:
            failed.append(f"not shown to be no worse than the base: {shown.why}")
    if loss and suite.margin is None:
        failed.append(f"worse than the base by {-delta.value:.3f}")
    failed += [
        f"worse than the base in {part.segment}: {part.delta.value:+.3f}, n = {part.n}"
        for part in lost
    ]
    score = mean_interval(ours)
    below = bool(suite.target) and score.value < suite.target
    if below:
        failed.append(f"scores {score.value:.3f}, and {suite.target:g} is the least")
    if not cases:
        failed.append("it has no cases")
    return SuiteOutcome(
        **_about(suite),
        base=mean_interval(theirs),
        candidate=score,
        delta=delta,
        p_value=paired.p_value,
        significant_loss=loss or bool(lost),
        below_target=below,
        failed=tuple(failed),
        categories=parts,
        figures=_figures(suite, cases, base, candidate),
        metrics=tuple(
            MetricPair(
                name=name,
                base=_scored(metric, cases, base),
                candidate=_scored(metric, cases, candidate),
            )
            for name, metric in further
        ),
    )


def base_only(suite: Suite, base: Sequence[CaseResult] | None) -> SuiteOutcome:
    """The outcome before any candidate was run."""
    score = None if base is None else mean_interval([row.score for row in base])
    return SuiteOutcome(**_about(suite), base=score)


def _about(suite: Suite) -> dict[str, object]:
    return {
        "name": suite.name,
        "role": suite.role,
        "suite": suite.id,
        "n": suite.n,
        "metric": suite.metric,
        "margin": suite.margin,
        "target": suite.target or None,
    }


def _figures(
    suite: Suite,
    cases: Sequence[Case],
    base: Sequence[CaseResult],
    candidate: Sequence[CaseResult],
) -> dict[str, tuple[float, float]]:
    """What the marks of both tell, where they tell the same things."""
    theirs, ours = (
        mark_figures(deciding_metric(suite), cases, [_mark(row) for row in rows])
        for rows in (base, candidate)
    )
    return {name: (theirs[name], ours[name]) for name in ours if name in theirs}


def _mark(row: CaseResult) -> Mark:
    return Mark(score=row.score, valid=row.valid, error=row.error, level=row.level)


def _scored(metric: Metric, cases: Sequence[Case], rows: Sequence[CaseResult]) -> Interval:
    return mean_interval(
        [metric(row.output, case).score for case, row in zip(cases, rows, strict=True)]
    )
