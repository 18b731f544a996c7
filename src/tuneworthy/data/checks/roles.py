"""Turns stand in an order that a chat template can render."""

from collections.abc import Sequence
from itertools import pairwise

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.finding import rows_finding


def check(examples: Sequence[Example]) -> list[Finding]:
    """System turns come first, and no two turns of one side follow each other."""
    return rows_finding(
        "role_order",
        "warning",
        "Turns do not alternate between user and assistant, or a system turn is not the first.",
        [example for example in examples if not _in_order([m.role for m in example.messages])],
        "Join or reorder the turns; many chat templates refuse such rows.",
    )


def _in_order(roles: Sequence[str]) -> bool:
    turns = roles[1:] if roles[0] == "system" else roles
    if not turns or turns[0] != "user" or turns[-1] != "assistant" or "system" in turns:
        return False
    return all(left != right or left == "tool" for left, right in pairwise(turns))
