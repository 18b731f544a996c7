"""Word n-grams of many texts and the rows that hold them."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

BREAK = "\u2400"
"""Stands before the first and after the last token."""

_TOKEN = re.compile(r"\w+(?:['\u2019]\w+)*|[^\w\s]")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})

Gram = tuple[str, ...]


def hidden(character: str) -> bool:
    """Whether a character shows nothing: zero width, tag, direction override, private, control.

    Blanks are not hidden. The zero-width joiners of emoji and of Indic and Arabic script are:
    whoever counts hidden characters has to say which script the text is in.
    """
    return unicodedata.category(character) in _HIDDEN and not character.isspace()


def tokens(text: str) -> list[str]:
    """Case-folded words and single marks in order; each hidden character is a token of its own."""
    return _TOKEN.findall(text.casefold())


def rows_by_gram(
    rows: Sequence[Sequence[str]], longest: int = 3, least: int = 5, most: int | None = None
) -> dict[Gram, list[int]]:
    """Which rows hold each n-gram of 1..``longest`` tokens, where ``least``..``most`` rows do.

    A longer n-gram is counted only where both n-grams inside it are frequent enough
    (Agrawal and Srikant 1994), so memory follows what repeats, not what is written.
    """
    answer: dict[Gram, list[int]] = {}
    frequent: set[Gram] = {()}
    for size in range(1, longest + 1):
        held: defaultdict[Gram, list[int]] = defaultdict(list)
        for number, words in enumerate(rows):
            seen = {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
            for gram in seen:
                if gram[1:] in frequent and gram[:-1] in frequent:
                    held[gram].append(number)
        frequent = {gram for gram, at in held.items() if len(at) >= least}
        limit = len(rows) if most is None else most
        answer |= {gram: held[gram] for gram in sorted(frequent) if len(held[gram]) <= limit}
    return answer


def without(words: Sequence[str], gram: Gram) -> list[str]:
    """The tokens with every occurrence of the n-gram cut out."""
    kept: list[str] = []
    at, size = 0, len(gram)
    while at < len(words):
        if size and tuple(words[at : at + size]) == gram:
            at += size
        else:
            kept.append(words[at])
            at += 1
    return kept


def joints(words: Sequence[str], gram: Gram) -> list[tuple[str, str]]:
    """For every occurrence of the n-gram the tokens before and after it (``BREAK`` at the ends)."""
    size = len(gram)
    framed = [BREAK, *words, BREAK]
    return [
        (framed[i - 1], framed[i + size])
        for i in range(1, len(framed) - size)
        if tuple(framed[i : i + size]) == gram
    ]


def extended(rows: Sequence[Sequence[str]], gram: Gram, share: float = 0.9) -> Gram:
    """The n-gram grown by what stands before or after it in at least ``share`` of the rows.

    Of several occurrences in a row the first counts. Growth stops at 50 tokens.
    """
    found = [(words, at) for words in rows if (at := _place(words, gram)) >= 0]
    left, right = 0, len(gram)
    while found and right - left < 50:
        before = _commonest([w[at + left - 1] for w, at in found if at + left > 0])
        after = _commonest([w[at + right] for w, at in found if at + right < len(w)])
        if before[1] >= share * len(found):
            left -= 1
            found = [(w, at) for w, at in found if at + left >= 0 and w[at + left] == before[0]]
        elif after[1] >= share * len(found):
            right += 1
            found = [
                (w, at) for w, at in found if at + right <= len(w) and w[at + right - 1] == after[0]
            ]
        else:
            break
    if not found:
        return gram
    words, at = found[0]
    return tuple(words[at + left : at + right])


class Neighbours:
    """Which tokens stand side by side in which rows, and in how many rows a token stands."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self._pairs: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._rows: Counter[str] = Counter()
        for number, words in enumerate(rows):
            framed = [BREAK, *words, BREAK]
            for pair in set(pairwise(framed)):
                self._pairs[pair].append(number)
            self._rows.update(set(words))

    def outside(self, pair: tuple[str, str], rows: frozenset[int]) -> bool:
        """Whether the two stand side by side in a row that is not among ``rows``."""
        return any(row not in rows for row in self._pairs.get(pair, ()))

    def count(self, word: str) -> int:
        """In how many rows the token stands."""
        return self._rows[word]


def _place(words: Sequence[str], gram: Gram) -> int:
    size = len(gram)
    return next((i for i in range(len(words) - size + 1) if tuple(words[i : i + size]) == gram), -1)


def _commonest(words: Sequence[str]) -> tuple[str, int]:
    often = Counter(words)
    return min(
        ((word, n) for word, n in often.items()), key=lambda p: (-p[1], p[0]), default=("", 0)
    )
