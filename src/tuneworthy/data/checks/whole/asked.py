"""Which rows ask the same question, exactly or nearly.

Nearly the same counts as the same when the requests are alike at char-5 Jaccard 0.6 or more and
differ in nothing that carries meaning: in case, punctuation, articles and courtesies, or by one
letter in a word of four or more. "Turn it on" and "turn it off" are not nearly the same.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.circles import circles
from tuneworthy.methods.neardup import keep_stars, normalise

ALIKE = 0.6
_FILLERS = frozenset({
    "a", "an", "at", "can", "could", "do", "does", "for", "hello", "hey", "hi", "i", "in",
    "is", "just", "kindly", "me", "my", "now", "of", "our", "please", "so", "thank", "thanks",
    "the", "then", "to", "us", "we", "will", "would", "you",
})  # fmt: skip
"""Words that change the tone of a request, not its meaning."""


def same_prompts(table: Table, rows: Rows) -> list[list[int]]:
    """These rows by their prompt, to the letter; each group and the groups in order."""
    codes = table.codes("prompt_key")[rows]
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order])) + 1
    groups = [group.tolist() for group in np.split(rows[order], cuts) if len(group)]
    return sorted(groups)


def same_questions(table: Table, prompts: list[list[int]]) -> list[list[int]]:
    """Groups of ``same_prompts`` joined where their prompts are nearly the same."""
    joined = circles(len(prompts), _near(table, [rows[0] for rows in prompts]))
    together: dict[int, list[int]] = defaultdict(list)
    for rows, first in zip(prompts, joined, strict=True):
        together[first] += rows
    return [sorted(rows) for rows in together.values()]


def _near(table: Table, firsts: list[int]) -> Iterator[tuple[int, int]]:
    """Pairs of prompts that are nearly the same, by their places."""
    texts = [table.requests[at] for at in firsts]
    frames = table.codes("frame_key")[firsts].tolist()
    for i, star in enumerate(keep_stars(texts, ALIKE, frames)):
        if star != i and _same_meaning(texts[i], texts[star]):
            yield i, star


def _same_meaning(left: str, right: str) -> bool:
    a, b = _words(left), _words(right)
    return len(a) == len(b) and all(map(_one_letter, a, b))


def _words(text: str) -> list[str]:
    return [w for w in re.findall(r"\w+", normalise(text)) if w not in _FILLERS]


def _one_letter(left: str, right: str) -> bool:
    """Equal, or one letter apart (put in, left out, changed, two swapped) in a longer word."""
    if left == right:
        return True
    if min(len(left), len(right)) < 4 or abs(len(left) - len(right)) > 1 or not left.isalpha():
        return False
    at = next((i for i, (x, y) in enumerate(zip(left, right, strict=False)) if x != y), len(left))
    if len(left) == len(right):
        swapped = (
            left[at : at + 2] == right[at : at + 2][::-1] and left[at + 2 :] == right[at + 2 :]
        )
        return left[at + 1 :] == right[at + 1 :] or swapped
    short, long = sorted((left, right), key=len)
    return short[at:] == long[at + 1 :]
