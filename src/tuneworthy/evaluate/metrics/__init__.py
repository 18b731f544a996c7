"""How an answer is scored: one file a metric, each a function from output and case to a mark."""

from tuneworthy.evaluate.metrics.known import SPECS
from tuneworthy.evaluate.metrics.making import (
    answer_ends,
    form_check,
    lacks,
    metric_of,
    options_of,
    score_all,
)
from tuneworthy.evaluate.metrics.mark import Mark, Metric
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools
from tuneworthy.evaluate.metrics.summary import summarise

__all__ = [
    "SPECS",
    "Mark",
    "Metric",
    "MetricSpec",
    "MetricTools",
    "answer_ends",
    "form_check",
    "lacks",
    "metric_of",
    "options_of",
    "score_all",
    "summarise",
]
