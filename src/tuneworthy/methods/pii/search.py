"""The search for personal data: one gate over the text, then the recognisers that it lets through.

Names and places have no checkable form; this search does not claim to find them (see ``soft``).
"""

from collections.abc import Sequence

from tuneworthy.methods.gate import Gate
from tuneworthy.methods.pii.bank import CARDS, IBANS
from tuneworthy.methods.pii.birth import BIRTHS
from tuneworthy.methods.pii.contact import CREDENTIALS, EMAILS, URLS
from tuneworthy.methods.pii.hit import HARMLESS, ODD, Hit, claim, plain
from tuneworthy.methods.pii.national import NUMBERS
from tuneworthy.methods.pii.network import ADDRESSES, MACS
from tuneworthy.methods.pii.phone import PHONES
from tuneworthy.methods.pii.wallets import WALLETS

DETECTOR_VERSION = "pii-2"

_RECOGNISERS = (
    CREDENTIALS, EMAILS, IBANS, CARDS, WALLETS, MACS, BIRTHS, *NUMBERS, ADDRESSES, PHONES, URLS,
)  # fmt: skip
"""Surest first: a later one may not claim what an earlier one has taken."""
_ODD = len(_RECOGNISERS)
_GATE = Gate(
    [*(recogniser.gates for recogniser in _RECOGNISERS), (ODD,)],
    {n: recogniser.closer for n, recogniser in enumerate(_RECOGNISERS) if recogniser.closer},
)
_FIND = tuple(recogniser.find for recogniser in _RECOGNISERS)
_URL = len(_RECOGNISERS) - 1
_RUN = 512
"""Texts that a batch reads at a time."""


def find_pii(text: str, *, urls: bool = False) -> list[Hit]:
    """Personal data in a text, left to right, without overlaps and without harmless values.

    ``urls`` reports web addresses too (``url``, low): they seldom are personal, and are many.
    """
    text, found = _open(text)
    taken: list[Hit] = []
    for number in found:
        if number != _URL or urls:
            for hit in _FIND[number](text, taken):
                claim(taken, hit)
    return [hit for hit in taken if hit.kind != HARMLESS]


def _open(text: str) -> tuple[str, tuple[int, ...]]:
    """The text as the recognisers read it, and the numbers of those that may find something."""
    try:
        found = _GATE.open_for(text)
    except UnicodeEncodeError:
        found = (_ODD,)
    if found and found[-1] == _ODD:
        text = plain(text)
        found = _GATE.open_for(text)
    return text, found


def find_pii_batch(texts: Sequence[str], *, urls: bool = False) -> list[list[Hit]]:
    """``find_pii`` of every text, in order.

    Each recogniser reads all its texts of a run before the next one starts, and so stays in the
    processor's cache.
    """
    found: list[list[Hit]] = []
    for start in range(0, len(texts), _RUN):
        found += _run(texts[start : start + _RUN], urls=urls)
    return found


def _run(texts: Sequence[str], *, urls: bool) -> list[list[Hit]]:
    taken: list[list[Hit]] = []
    waiting: list[list[tuple[str, list[Hit]]]] = [[] for _ in _FIND]
    for original in texts:
        hits: list[Hit] = []
        taken.append(hits)
        text, found = _open(original)
        for number in found:
            waiting[number].append((text, hits))
    if not urls:
        waiting[_URL].clear()
    for find, opened in zip(_FIND, waiting, strict=True):
        for text, hits in opened:
            for hit in find(text, hits):
                claim(hits, hit)
    return [[hit for hit in hits if hit.kind != HARMLESS] for hits in taken]
