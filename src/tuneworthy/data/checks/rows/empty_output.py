"""Every row has an answer to learn."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck


def fails(example: Example) -> bool:
    """The target is empty or white space."""
    return not example.target.strip()


CHECK = RowCheck(
    "empty_output", "block", "The target is empty.", "Write the answer, or take the row out.", fails
)
