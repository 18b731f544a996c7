"""Reads a verdict out of what a judge wrote, strictly: what could be two things is neither."""

import re

from tuneworthy.core.nouns.judging import Verdict

_PAIR = re.compile(r"^\W*verdict\W+(a|b|tie)\W*$", re.IGNORECASE)
_SIDE = re.compile(r"^\W*(a|b|tie)\W*$", re.IGNORECASE)
_SCORE = re.compile(
    r"^[^\w-]*score[^\w-]*([0-9]+)(?:\s*/\s*[0-9]+|\s+out\s+of\s+[0-9]+)?\W*$", re.IGNORECASE
)
_NUMBER = re.compile(r"^\s*([0-9]+)[\s.]*$")

LONGEST = 20_000
"""Characters of a judge's answer that are read; a longer one is unreadable."""


def read_verdict(text: str) -> Verdict:
    """``a``, ``b`` or ``tie`` as shown to the judge, or ``unreadable``.

    A line "Verdict: A" counts, and an answer that is nothing but the side. Lines that contradict
    each other are unreadable.
    """
    found = {side.lower() for side in _found(text, _PAIR, _SIDE)}
    if len(found) != 1:
        return "unreadable"
    side = found.pop()
    return "a" if side == "a" else "b" if side == "b" else "tie"


def read_score(text: str, highest: int) -> int | None:
    """The score, 1 to ``highest``; None where there is none, or more than one."""
    found = {int(number) for number in _found(text, _SCORE, _NUMBER) if len(number) <= 3}
    if len(found) != 1:
        return None
    score = found.pop()
    return score if 1 <= score <= highest else None


def _found(text: str, line: re.Pattern[str], whole: re.Pattern[str]) -> list[str]:
    if len(text) > LONGEST:
        return []
    if alone := whole.match(text.strip()):
        return [alone[1]]
    return [match[1] for part in text.splitlines() if (match := line.match(part))]
