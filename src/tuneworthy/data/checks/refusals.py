"""Answers that decline: a model trained on them learns to decline."""

import re
from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.finding import rows_finding

_REFUSAL = re.compile(
    r"\bas an? (?:ai|artificial intelligence|large language|language) (?:\w+ )?(?:model|assistant)"
    r"|\b(?:i['\u2019]m|i am|we['\u2019]re) (?:very |really )?(?:sorry|afraid),? but (?:i|we) "
    r"(?:can(?:no|['\u2019])?t|am (?:not able|unable))"
    r"|^(?:sorry, )?i (?:can(?:no|['\u2019])t|am unable to|am not able to) "
    r"(?:assist|help|comply|fulfil|provide|answer)"
    r"|\bmy knowledge cut-?off\b",
    re.I,
)


def check(examples: Sequence[Example]) -> list[Finding]:
    """Targets hold no refusal boilerplate."""
    return rows_finding(
        "refusal",
        "warning",
        "The target reads like a model's refusal.",
        [example for example in examples if _REFUSAL.search(example.target)],
        "Keep it only if declining is the right answer here.",
    )
