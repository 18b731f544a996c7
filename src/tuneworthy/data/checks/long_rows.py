"""Rows that training may cut short."""

from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.finding import rows_finding

LONG = 8_000
"""About 2,000 tokens of English."""


def check(examples: Sequence[Example]) -> list[Finding]:
    """Turns together stay below ``LONG`` characters."""
    return rows_finding(
        "long_row",
        "warning",
        f"The turns have more than {LONG:,} characters; training.max_length may cut them.",
        [e for e in examples if sum(len(m.content) for m in e.messages) > LONG],
        "Raise training.max_length, or shorten the rows.",
    )
