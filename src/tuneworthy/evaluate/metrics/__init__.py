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
from tuneworthy.evaluate.metrics.mark import UNREAD, Mark, Metric
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools
from tuneworthy.evaluate.metrics.summary import mark_figures, summarise

__all__ = [
    "SPECS",
    "UNREAD",
    "Mark",
    "Metric",
    "MetricSpec",
    "MetricTools",
    "answer_ends",
    "form_check",
    "lacks",
    "mark_figures",
    "metric_of",
    "options_of",
    "score_all",
    "summarise",
]
