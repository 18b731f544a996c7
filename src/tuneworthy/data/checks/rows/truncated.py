"""Answers that stop before their end."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.text_damage import cut_off


def fails(example: Example) -> bool:
    """The target looks cut off: open JSON is the business of ``broken_json``."""
    return cut_off(example.target) not in ("", "JSON")


CHECK = RowCheck(
    "truncated",
    "warning",
    "The target looks cut off.",
    "Write it to its end, or take the row out.",
    fails,
)
