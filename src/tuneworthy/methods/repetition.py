"""Texts that say the same again and again.

The shares and limits of Rae et al. (2021), "Scaling Language Models: Methods, Analysis & Insights
from Training Gopher", table A1, "repetition removal". They were made for web pages; on answers they
are wrong too often (worked sums repeat their phrases). So the table's limits hold
from ``LONG`` words on, half of the characters must repeat from ``LEAST_WORDS`` on, and below that
only a loop counts. JSON repeats its keys by right and is held to the loop rule alone.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

LEAST_WORDS = 20
LONG = 150
HALF = 0.5
LEAST_LINES = 6
SHARE_OF_LINES = 0.3
SHARE_OF_LINE_CHARACTERS = 0.2
TOP_LIMITS = {2: 0.2, 3: 0.18, 4: 0.16}
"""Share of characters in the most frequent n-gram."""
REPEATED_LIMITS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}
"""Share of characters in n-grams that occur more than once."""
LOOP = 4
"""A phrase this often in a row is a loop, however short the text."""
LONG_LOOP = 120
"""Characters of a loop that is one however long the text: a model that did not find its end."""
LONG_SIGN = 100
"""Exclamation or question marks in a row, at any length of the text: they rule no line."""
TWICE = 4
"""Words of a text that stands there twice."""

_WIDE = "\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f"
"""Full stop, commas, semicolon, colon, exclamation and question mark of Chinese and Japanese."""
_LOOP = re.compile(rf"(?<!\w)(\w[^\n]{{3,80}}?)(?:[\s.,;:!?{_WIDE}]+\1){{{LOOP - 1},}}(?!\w)")
_STUCK = re.compile(r"([^\W\d_]{2,20}?)\1{11,}")
"""A few letters a dozen times without a break, in one word or in a script without spaces."""
_ONE = re.compile(r"([^\W\d_])\1{15,}")
_SIGN = re.compile(r"([^\w\s]|_)\1{99,}")
"""One sign without end, such as dots or exclamation marks; a ruled line is shorter."""


class Repetition(NamedTuple):
    """The first rule that a text breaks, its share (0..1) and the limit."""

    rule: str
    share: float
    limit: float


def repetition(text: str) -> Repetition | None:
    """The first rule of table A1 that the text breaks, or None."""
    if loop := _loop(text):
        return loop
    if _said_twice(text):
        return Repetition("the whole text twice", 1.0, HALF)
    if text.lstrip()[:1] in ("{", "["):
        return None
    for rule, share, limit in _shares(text):
        if share > limit:
            return Repetition(rule, share, limit)
    return None


def repetitive_rows(texts: Sequence[str]) -> list[int]:
    """Row numbers of the texts that break a rule, in order."""
    return [row for row, text in enumerate(texts) if repetition(text) is not None]


def _loop(text: str) -> Repetition | None:
    """The longest loop, where it is out of place in a text of this length."""
    share = max(20, len(text) // 4)
    sign = _SIGN.search(text)
    found = [(loop, share) for loop in (_ONE.search(text), _STUCK.search(text)) if loop]
    found += [(loop, min(share, LONG_LOOP)) for loop in _LOOP.finditer(text)]
    found += [(sign, LONG_SIGN if sign[1] in "!?" else share)] if sign else []
    broken = [(len(loop[0]), least - 1) for loop, least in found if len(loop[0]) >= least]
    if not broken:
        return None
    longest, limit = max(broken)
    return Repetition("a phrase in a loop", longest / len(text), limit / len(text))


def _said_twice(text: str) -> bool:
    """Whether the second half says, but for white space, what the first half says."""
    words = text.split()
    half = len(words) // 2
    return half >= TWICE and len(words) == 2 * half and words[:half] == words[half:]


def _shares(text: str) -> list[tuple[str, float, float]]:
    found = []
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) >= LEAST_LINES:
        extra = _extra(lines)
        found.append(("lines", len(extra) / len(lines), SHARE_OF_LINES))
        share = sum(map(len, extra)) / sum(map(len, lines))
        found.append(("characters in repeated lines", share, SHARE_OF_LINE_CHARACTERS))
    words = text.split()
    if len(words) >= LEAST_WORDS:
        size = sum(map(len, words))
        least = 0.0 if len(words) >= LONG else HALF
        for n, limit in TOP_LIMITS.items():
            share = top_share(words, n, size)
            found.append((f"most frequent {n}-gram", share, max(least, limit)))
        for n, limit in REPEATED_LIMITS.items():
            share = repeated_share(words, n, size)
            found.append((f"repeated {n}-grams", share, max(least, limit)))
    return found


def top_share(words: Sequence[str], n: int, size: int) -> float:
    """Characters in the most frequent n-gram over ``size``; 0 when none comes twice."""
    often = Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
    best = max((sum(map(len, g)) * k for g, k in often.items() if k > 1), default=0)
    return min(1.0, best / size) if size else 0.0


def repeated_share(words: Sequence[str], n: int, size: int) -> float:
    """Characters of words inside an n-gram that occurs again, each counted once, over ``size``."""
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    seen: set[tuple[str, ...]] = set()
    inside = [False] * len(words)
    for i, gram in enumerate(grams):
        if gram in seen:
            inside[i : i + n] = [True] * n
        seen.add(gram)
    return sum(len(w) for w, yes in zip(words, inside, strict=True) if yes) / size if size else 0.0


def _extra(lines: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    extra = []
    for line in lines:
        if line in seen:
            extra.append(line)
        seen.add(line)
    return extra
