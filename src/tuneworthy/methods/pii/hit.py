"""What every recogniser of personal data and secrets reports, and the text it reads."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Literal, NamedTuple, cast

Severity = Literal["high", "low"]

HARMLESS = "harmless"
"""The kind of a hit that only keeps later recognisers off its span."""


class Hit(NamedTuple):
    """One finding: what kind, where in the text, and whether it blocks training (``high``)."""

    kind: str
    start: int
    end: int
    severity: Severity


SEPARATOR = "\x1e"
"""Stands between the texts of a block (ASCII's record separator); inside a text it is a space.

It is white space, no letter or digit, and no pattern of a recogniser reads across it.
"""

Found = tuple[str, int, int, Severity]
"""The fields of a hit, in a block of texts."""

hit_of = cast(Callable[[Found], Hit], partial(tuple.__new__, Hit))
"""A hit of its fields, in less than half the time that its constructor takes."""

Find = Callable[[str], Iterator[Found]]


class Recogniser(NamedTuple):
    """A search, and what a text must hold to be worth it.

    ``gates`` are RE2 patterns: a text in which none of them matches gives no hit. They read UTF-8
    in which only ASCII digits are digits. A pattern that counts begins at the edge of a word: there
    it begins seldom, which keeps the automaton of all patterns small (see ``methods.gate``).
    ``find`` reads a block of texts at once, for it costs more to begin a search than to go on with
    it.
    """

    find: Find
    gates: Sequence[str]
    digits: int = 0
    """How many a value has at least. Of a batch, a text whose hits leave fewer is not read."""


_start = attrgetter("start")
_REDACTED = re.compile(r"(?:^|\[)[A-Z_0-9]+\]")


def claim(taken: list[Hit], hit: Hit) -> None:
    """Add ``hit`` to ``taken``, which stays in order, unless it overlaps one that is there."""
    if not taken or taken[-1][2] <= hit[1]:  # Its end, the start: quicker than by name.
        taken.append(hit)
    elif is_free(taken, hit.start, hit.end):
        taken.insert(bisect_left(taken, hit.start, key=_start), hit)


def is_free(taken: Sequence[Hit], start: int, end: int) -> bool:
    """Whether a span overlaps none of the hits, which are in order and without overlaps."""
    if not taken or taken[-1].end <= start:
        return True
    at = bisect_left(taken, start, key=_start)
    return (at == 0 or taken[at - 1].end <= start) and (at == len(taken) or end <= taken[at].start)


_DIGIT_ZEROS = (
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50,
    0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
)  # fmt: skip
_PLAIN = {zero + n: str(n) for zero in _DIGIT_ZEROS for n in range(10)}
_PLAIN |= {0xFEE0 + code: chr(code) for code in range(0x21, 0x7F)}
_PLAIN |= dict.fromkeys(
    (ord(SEPARATOR), 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "
)
_PLAIN |= dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63), "-")
_PLAIN |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
ODD = "[" + "".join(f"\\x{{{code:X}}}" for code in _PLAIN if not 0xD800 <= code < 0xE000) + "]"
"""An RE2 class of the characters that ``plain`` changes, but for surrogates."""


def plain(text: str) -> str:
    """The text, of the same length, with other scripts' digits, spaces and hyphens as ASCII ones.

    A lone surrogate, which has no UTF-8 form, becomes U+FFFD.
    """
    return text.translate(_PLAIN)


def words_before(text: str, start: int, width: int) -> str:
    """The ``width`` characters before a place, from the last redacted value (``[PHONE]``) on.

    A value that was taken out says nothing about the numbers after it, nor does another text.
    """
    before = text[start - width if start > width else 0 : start]
    if SEPARATOR in before:
        before = before[before.rfind(SEPARATOR) + 1 :]
    return _REDACTED.split(before)[-1] if "]" in before else before


def digits_of(number: str) -> str:
    """A number of ASCII digits without what is written between them (blanks and ``.-/()+``)."""
    return number.encode().translate(None, b" .-/()+").decode()
