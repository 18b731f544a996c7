"""Answers that decline: a model trained on them learns to decline."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.refusal import is_refusal


def fails(example: Example) -> bool:
    """The target holds refusal boilerplate."""
    return is_refusal(example.target)


CHECK = RowCheck(
    "refusal_boilerplate",
    "warning",
    "The target reads like a model's refusal.",
    "Keep it only if declining is the right answer here.",
    fails,
)
