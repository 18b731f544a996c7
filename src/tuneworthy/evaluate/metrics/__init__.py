"""How an answer is scored: one file a metric, each a function from output and case to a mark."""

from collections.abc import Callable

from tuneworthy.core.nouns.metric import MetricName, MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.exact_match import exact_match
from tuneworthy.evaluate.metrics.form import answer_ends, form_check
from tuneworthy.evaluate.metrics.json_match import json_match
from tuneworthy.evaluate.metrics.mark import Mark
from tuneworthy.evaluate.metrics.tool_call_match import tool_call_match

Metric = Callable[[str, Case], Mark]

METRICS: dict[MetricName, Metric] = {
    "exact_match": exact_match,
    "json_match": json_match,
    "tool_call_match": tool_call_match,
}


def metric_of(settings: MetricSettings) -> Metric:
    """The metric that the settings name, with their options.

    Raises:
        ValueError: An option is not known to the metric, is missing, or does not fit.
    """
    if settings.options:
        raise ValueError(f"{settings.name} has no option {next(iter(settings.options))!r}")
    return METRICS[settings.name]


__all__ = [
    "METRICS",
    "Mark",
    "Metric",
    "answer_ends",
    "exact_match",
    "form_check",
    "json_match",
    "metric_of",
    "tool_call_match",
]
