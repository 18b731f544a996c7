"""Turns stand in an order that a chat template can render."""

from collections.abc import Sequence
from itertools import pairwise

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck


def fails(example: Example) -> bool:
    """A system turn that is not the first, or two turns of one side that follow each other."""
    return not example.is_text and not _in_order([m.role for m in example.messages])


def _in_order(roles: Sequence[str]) -> bool:
    turns = roles[1:] if roles[0] == "system" else roles
    if not turns or turns[0] != "user" or turns[-1] != "assistant" or "system" in turns:
        return False
    return all(left != right or left == "tool" for left, right in pairwise(turns))


CHECK = RowCheck(
    "schema_error",
    "block",
    "The row cannot be read as an example, or its turns stand in no order that a template takes.",
    "Mend the row, or join and reorder its turns; many chat templates refuse such rows.",
    fails,
)
