"""Figures over all cases of one metric."""

from collections import defaultdict
from collections.abc import Sequence

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.known import SPECS
from tuneworthy.evaluate.metrics.making import NO_TOOLS, as_judged, options_for, score_all
from tuneworthy.evaluate.metrics.mark import Mark
from tuneworthy.evaluate.metrics.spec import MetricTools


def summarise(
    settings: MetricSettings,
    outputs: Sequence[str],
    cases: Sequence[Case],
    tools: MetricTools = NO_TOOLS,
    marks: Sequence[Mark] | None = None,
) -> dict[str, float]:
    """The mean score, the share of valid answers, and what the metric adds over all cases.

    What is added leaves out cases that lack what the metric needs; in the mean they count 0.

    Where cases share a group, ``group_gap`` is the mean over groups of the widest difference of
    scores within one: 0 when cases that differ in a name or a pronoun alone are answered equally
    well (the counterfactual token fairness gap of Garg et al., 2019, on scores).

    Args:
        settings: The metric.
        outputs: One answer a case.
        cases: The cases.
        tools: What the metric needs from outside.
        marks: The marks, where they are known already.

    Raises:
        ValueError: As ``metric_of``.
    """
    if marks is None:
        marks = score_all(settings, outputs, cases, tools)
    n = max(1, len(marks))
    figures = {
        "score": sum(mark.score for mark in marks) / n,
        "valid": sum(mark.valid for mark in marks) / n,
    }
    spec = SPECS[settings.name]
    if spec.summary is not None:
        said, judged = as_judged(spec, outputs, cases)
        figures |= spec.summary(options_for(settings), said, judged) if judged else {}
    return figures | mark_figures(settings, cases, marks)


def mark_figures(
    settings: MetricSettings, cases: Sequence[Case], marks: Sequence[Mark]
) -> dict[str, float]:
    """What marks alone tell over all cases: ``group_gap``, and what the metric adds.

    Raises ValueError as ``metric_of``.
    """
    made = SPECS[settings.name].figures
    own = made(options_for(settings), cases, marks) if made is not None else {}
    return own | _group_gap(cases, marks)


def _group_gap(cases: Sequence[Case], marks: Sequence[Mark]) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for case, mark in zip(cases, marks, strict=True):
        if case.group:
            groups[case.group].append(mark.score)
    gaps = [max(scores) - min(scores) for scores in groups.values() if len(scores) > 1]
    return {"group_gap": sum(gaps) / len(gaps)} if gaps else {}
