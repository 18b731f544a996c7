"""The mark an answer gets."""

from collections.abc import Callable

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.suite import Case


class Mark(Part):
    """``score`` in 0..1; ``valid`` says whether the answer had the form that was asked for."""

    score: float
    valid: bool
    error: str = ""
    """What was wrong, in a word or two; empty when right."""
    level: float | None = None
    """How strongly a recogniser found what it looks for, 0..1; None where none looked."""


RIGHT = Mark(score=1, valid=True)

UNREAD = "recogniser: "
"""Begins the error where a recogniser has not told anything of an answer."""

Metric = Callable[[str, Case], Mark]
"""From an answer and its case to a mark."""


def wrong(error: str) -> Mark:
    """The answer has the form, and is wrong."""
    return Mark(score=0, valid=True, error=error)


def unfit(error: str) -> Mark:
    """The answer lacks the form that was asked for, or the case cannot be judged."""
    return Mark(score=0, valid=False, error=error)


def right_answers(case: Case) -> list[str]:
    """Every accepted answer: the expected one and the further references, but for blank ones."""
    return [text for text in (case.expected, *case.references) if text.strip()]


def best(marks: list[Mark]) -> Mark:
    """The highest mark, the first of equals; there must be one."""
    return max(marks, key=lambda mark: (mark.score, mark.valid))
