"""Frozen suites, every alternative, paired comparisons."""

from tuneworthy.evaluate.asking import Asker, with_firsts
from tuneworthy.evaluate.choosing import ChooseBy, likeliest
from tuneworthy.evaluate.compare import compare
from tuneworthy.evaluate.derive import derivation, derive_arms
from tuneworthy.evaluate.gap import ceiling_verdict
from tuneworthy.evaluate.guarding import Figures, counted_figures, guard_ratios
from tuneworthy.evaluate.metrics import (
    SPECS,
    Mark,
    Metric,
    MetricSpec,
    MetricTools,
    answer_ends,
    form_check,
    lacks,
    mark_figures,
    metric_of,
    options_of,
    score_all,
    summarise,
)
from tuneworthy.evaluate.pairing import Paired, pair
from tuneworthy.evaluate.price import cost_of, cost_per_success
from tuneworthy.evaluate.render import as_case, as_trained, label_list, render
from tuneworthy.evaluate.replay import changes, rescored, result_row
from tuneworthy.evaluate.result_rows import ResultRow, Results, read_results
from tuneworthy.evaluate.results_compared import CompareOptions, compare_results
from tuneworthy.evaluate.retrieve import Retriever
from tuneworthy.evaluate.runner import Ahead, ArmResult, counts, mark_of, run_arm, score_arm
from tuneworthy.evaluate.structured import (
    is_structured,
    prompt_digest,
    structure_fault,
    words_digest,
)
from tuneworthy.evaluate.suite import (
    deciding_metric,
    diff_suites,
    freeze_file,
    freeze_suite,
    metrics_of,
)
from tuneworthy.evaluate.suite_outcome import base_only, judge_suite
from tuneworthy.evaluate.timing import Timed, time_in_turn
from tuneworthy.evaluate.variants import count_variants, variant_groups

__all__ = [
    "SPECS",
    "Ahead",
    "ArmResult",
    "Asker",
    "ChooseBy",
    "CompareOptions",
    "Figures",
    "Mark",
    "Metric",
    "MetricSpec",
    "MetricTools",
    "Paired",
    "ResultRow",
    "Results",
    "Retriever",
    "Timed",
    "answer_ends",
    "as_case",
    "as_trained",
    "base_only",
    "ceiling_verdict",
    "changes",
    "compare",
    "compare_results",
    "cost_of",
    "cost_per_success",
    "count_variants",
    "counted_figures",
    "counts",
    "deciding_metric",
    "derivation",
    "derive_arms",
    "diff_suites",
    "form_check",
    "freeze_file",
    "freeze_suite",
    "guard_ratios",
    "is_structured",
    "judge_suite",
    "label_list",
    "lacks",
    "likeliest",
    "mark_figures",
    "mark_of",
    "metric_of",
    "metrics_of",
    "options_of",
    "pair",
    "prompt_digest",
    "read_results",
    "render",
    "rescored",
    "result_row",
    "run_arm",
    "score_all",
    "score_arm",
    "structure_fault",
    "summarise",
    "time_in_turn",
    "variant_groups",
    "with_firsts",
    "words_digest",
]
