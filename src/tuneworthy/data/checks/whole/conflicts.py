"""The same question with different answers: no model can learn both.

Nearly the same counts as the same when the requests are alike at char-5 Jaccard 0.6 or more and
differ in nothing that carries meaning: in case, punctuation, articles and courtesies, or by one
letter in a word of four or more. "Turn it on" and "turn it off" are not nearly the same.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.circles import circles
from tuneworthy.methods.neardup import keep_stars, normalise

ALIKE = 0.6
_FILLERS = frozenset({
    "a", "an", "at", "can", "could", "do", "does", "for", "hello", "hey", "hi", "i", "in",
    "is", "just", "kindly", "me", "my", "now", "of", "our", "please", "so", "thank", "thanks",
    "the", "then", "to", "us", "we", "will", "would", "you",
})  # fmt: skip
"""Words that change the tone of a request, not its meaning."""


def find(table: Table, _: Setting) -> Outcome:
    """Every row whose request is another's, exactly or nearly, where not all say the same."""
    prompts = _prompts(table)
    joined = circles(len(prompts), _near(table, [rows[0] for rows in prompts]))
    together: dict[int, list[int]] = defaultdict(list)
    for rows, first in zip(prompts, joined, strict=True):
        together[first] += rows
    partner: dict[int, int] = {}
    for rows in together.values():
        partner |= _against(table, sorted(rows))
    exact = sum(len(_against(table, rows)) for rows in prompts if rows[0] in partner)
    figure = {"same_request": exact, "near_request": len(partner) - exact}
    return Outcome(rows_of(list(partner)), partner, figure=figure)


def _prompts(table: Table) -> list[list[int]]:
    """The rows of each prompt, in order."""
    good = table.good
    codes = table.codes("prompt_key")[good]
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order])) + 1
    groups = [group.tolist() for group in np.split(good[order], cuts) if len(group)]
    return sorted(groups)


def _against(table: Table, rows: list[int]) -> dict[int, int]:
    """For each of these rows the first that says otherwise; nothing where all say the same."""
    if len(rows) < 2:
        return {}
    said = [normalise(table.targets[at]) for at in rows]
    other = next((i for i, mine in enumerate(said) if mine != said[0]), None)
    if other is None:
        return {}
    return {at: rows[other if mine == said[0] else 0] for at, mine in zip(rows, said, strict=True)}


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


CHECK = WholeCheck(
    "conflict",
    "warning",
    "The same request has different targets.",
    "Decide on one target, or put what tells them apart into the request.",
    find,
)
