"""Markup of a chat template, or headings of a prompt, that stand in the text itself."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.text_damage import template_text


def fails(example: Example) -> bool:
    """The target holds markup or headings that belong to a prompt."""
    return bool(template_text(example.target))


CHECK = RowCheck(
    "template_text",
    "warning",
    "The target holds text of a prompt or chat template.",
    "Cut the markup out of the source; the trainer adds the template itself.",
    fails,
)
