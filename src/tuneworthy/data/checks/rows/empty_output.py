"""Every row has an answer to learn."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.visible import hides

EXPORTED = frozenset({"nan", "<NA>", "NaT", "#N/A", "#REF!", "#VALUE!", "#NAME?"})
"""What pandas and spreadsheets write for a value that is not there, and nobody else writes.

``null``, ``None`` and ``N/A`` may be answers.
"""


def fails(example: Example) -> bool:
    """The target is empty, white space, characters that show nothing, or an exported nothing."""
    target = example.target.strip()
    return target in EXPORTED or not "".join(c for c in target if not hides(c)).strip()


CHECK = RowCheck(
    "empty_output",
    "block",
    "The target is empty, or shows nothing.",
    "Write the answer, or take the row out.",
    fails,
)
