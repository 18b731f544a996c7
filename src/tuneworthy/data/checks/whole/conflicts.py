"""The same question with different answers: no model can learn both.

Nearly the same counts as the same when the requests are alike at char-5 Jaccard 0.6 or more and
differ in nothing that carries meaning: in case, punctuation, articles and courtesies, or by one
letter in a word of four or more. "Turn it on" and "turn it off" are not nearly the same.
"""

import re

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import keep_stars, normalise

ALIKE = 0.6
_FILLERS = frozenset({
    "a", "an", "at", "can", "could", "do", "does", "for", "hello", "hey", "hi", "i", "in",
    "is", "just", "kindly", "me", "my", "now", "of", "our", "please", "so", "thank", "thanks",
    "the", "then", "to", "us", "we", "will", "would", "you",
})  # fmt: skip
"""Words that change the tone of a request, not its meaning."""


def find(table: Table, _: Setting) -> Outcome:
    """Rows whose request equals another's, exactly or nearly, and whose target does not."""
    partner = _same_prompt(table)
    exact = len(partner)
    partner |= {at: other for at, other in _near_prompt(table).items() if at not in partner}
    figure = {"same_request": exact, "near_request": len(partner) - exact}
    return Outcome(rows_of(list(partner)), partner, figure=figure)


def _same_prompt(table: Table) -> dict[int, int]:
    good = table.good
    codes = table.codes("prompt_key")[good]
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order])) + 1
    partner: dict[int, int] = {}
    for group in np.split(good[order], cuts):
        if len(group) < 2:
            continue
        said = [normalise(table.targets[at]) for at in group.tolist()]
        for at, mine in zip(group.tolist(), said, strict=True):
            other = next((i for i, said in enumerate(said) if said != mine), None)
            if other is not None:
                partner[at] = int(group[other])
    return partner


def _near_prompt(table: Table) -> dict[int, int]:
    # One row for each prompt: those of one prompt are compared above.
    _, first = np.unique(table.codes("prompt_key")[table.good], return_index=True)
    rows = table.good[np.sort(first)].tolist()
    texts = [table.requests[at] for at in rows]
    frames = table.codes("frame_key")[rows].tolist()
    partner: dict[int, int] = {}
    for i, star in enumerate(keep_stars(texts, ALIKE, frames)):
        at, centre = rows[i], rows[star]
        if normalise(table.targets[at]) == normalise(table.targets[centre]):
            continue
        if _same_meaning(texts[i], texts[star]):
            partner[at] = centre
            partner.setdefault(centre, at)
    return partner


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
