"""A placeholder in the target, where a value belongs."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.unfilled import unfilled


def fails(example: Example) -> bool:
    """The target says ``<project-name>``, ``YOUR_API_KEY``, ``MyResourceGroup`` or the like."""
    return bool(unfilled(example.target))


CHECK = RowCheck(
    "placeholder",
    "warning",
    "The target holds a placeholder, and a model will learn to say it.",
    "Write real values; or keep them, where a placeholder is the right answer.",
    fails,
)
