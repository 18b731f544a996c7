"""The same question with different answers: no model can learn both."""

from collections import defaultdict
from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.finding import rows_finding
from tuneworthy.data.keys import prompt_key
from tuneworthy.methods.neardup import normalise


def check(examples: Sequence[Example]) -> list[Finding]:
    """Rows whose normalised prompt and tools are equal have equal targets."""
    asked: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        asked[prompt_key(example)].append(example)
    return rows_finding(
        "conflict",
        "warning",
        "The same request has different targets.",
        [
            example
            for rows in asked.values()
            if len({normalise(row.target) for row in rows}) > 1
            for example in rows
        ],
        "Decide on one target, or put what tells them apart into the request.",
    )
