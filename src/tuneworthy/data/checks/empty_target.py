"""Every row has an answer to learn."""

from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.finding import rows_finding


def check(examples: Sequence[Example]) -> list[Finding]:
    """The target is not empty."""
    return rows_finding(
        "empty_target",
        "error",
        "The target is empty.",
        [example for example in examples if not example.target.strip()],
        "Write the answer, or take the row out.",
    )
