"""Answers that decline: a model trained on them learns to decline."""

import re

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck

_REFUSAL = re.compile(
    r"\bas an? (?:ai|artificial intelligence|large language|language) (?:\w+ )?(?:model|assistant)"
    r"|\b(?:i['\u2019]m|i am|we['\u2019]re) (?:very |really )?(?:sorry|afraid),? but (?:i|we) "
    r"(?:can(?:no|['\u2019])?t|am (?:not able|unable))"
    r"|^(?:sorry, )?i (?:can(?:no|['\u2019])t|am unable to|am not able to) "
    r"(?:assist|help|comply|fulfil|provide|answer)"
    r"|\bmy knowledge cut-?off\b",
    re.I,
)


def fails(example: Example) -> bool:
    """The target holds refusal boilerplate."""
    return bool(_REFUSAL.search(example.target))


CHECK = RowCheck(
    "refusal_boilerplate",
    "warning",
    "The target reads like a model's refusal.",
    "Keep it only if declining is the right answer here.",
    fails,
)
