"""Frozen suites, every alternative, paired comparisons."""

from tuneworthy.evaluate.compare import compare
from tuneworthy.evaluate.metrics import METRICS, Mark, answer_ends, form_check
from tuneworthy.evaluate.render import as_case, as_trained, label_list, render
from tuneworthy.evaluate.retrieve import Retriever
from tuneworthy.evaluate.runner import ArmResult, run_arm
from tuneworthy.evaluate.suite import freeze_suite

__all__ = [
    "METRICS",
    "ArmResult",
    "Mark",
    "Retriever",
    "answer_ends",
    "as_case",
    "as_trained",
    "compare",
    "form_check",
    "freeze_suite",
    "label_list",
    "render",
    "run_arm",
]
