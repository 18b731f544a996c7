"""Answers that say the same again and again."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.repetition import repetition


def fails(example: Example) -> bool:
    """The target repeats itself beyond what answers of its length do."""
    return repetition(example.target) is not None


CHECK = RowCheck(
    "repetitive",
    "warning",
    "The target repeats itself.",
    "Write the answer once, or take the row out.",
    fails,
)
