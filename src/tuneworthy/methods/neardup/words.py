"""Shared runs of words between texts and benchmark texts."""

import re
from collections.abc import Iterator, Sequence

from tuneworthy.methods.neardup.text import normalise

SPAN = 8
"""Words in a row; fewer find chance phrases, more lose lightly edited copies."""

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> str:
    """The letters and digits of the normalised text, its words parted by one space."""
    return " ".join(_WORD.findall(normalise(text)))


def shared_runs(texts: Sequence[str], benchmark: Sequence[str], span: int = SPAN) -> list[int]:
    """For each text the lowest benchmark index that shares ``span`` words in a row, or -1."""
    first: dict[str, int] = {}
    whole: dict[str, int] = {}
    for i, text in enumerate(benchmark):
        words = words_of(text).split()
        for run in _runs(words, span):
            first.setdefault(run, i)
        if 0 < len(words) < span:
            whole.setdefault(" ".join(words), i)
    answer = []
    for text in texts:
        words = words_of(text).split()
        found = [first[run] for run in _runs(words, span) if run in first]
        found.append(whole.get(" ".join(words), -1))
        answer.append(min((i for i in found if i >= 0), default=-1))
    return answer


def _runs(words: Sequence[str], span: int) -> Iterator[str]:
    return (" ".join(words[i : i + span]) for i in range(len(words) - span + 1))
