"""The search for personal data: one gate over the text, then the recognisers that it lets through.

Names and places have no checkable form; this search does not claim to find them (see ``soft``).
"""

from collections.abc import Sequence

from tuneworthy.methods.gate import Gate
from tuneworthy.methods.pii.bank import CARDS, IBANS
from tuneworthy.methods.pii.birth import BIRTHS
from tuneworthy.methods.pii.claims import Claims
from tuneworthy.methods.pii.contact import CREDENTIALS, EMAILS, URLS
from tuneworthy.methods.pii.hit import (
    HARMLESS,
    ODD,
    SEPARATOR,
    Hit,
    claim,
    plain,
)
from tuneworthy.methods.pii.national import NUMBERS
from tuneworthy.methods.pii.network import IPV4, IPV6, MACS
from tuneworthy.methods.pii.phone import PHONES
from tuneworthy.methods.pii.wallets import WALLETS

DETECTOR_VERSION = "pii-3"

_RECOGNISERS = (
    CREDENTIALS, EMAILS, IBANS, CARDS, WALLETS, MACS, BIRTHS, *NUMBERS, IPV4, IPV6, PHONES, URLS,
)  # fmt: skip
"""Surest first: a later one may not claim what an earlier one has taken."""
_ODD = len(_RECOGNISERS)
_GATE = Gate([*(recogniser.gates for recogniser in _RECOGNISERS), (ODD,)])
_FIND = tuple(recogniser.find for recogniser in _RECOGNISERS)
_URL = len(_RECOGNISERS) - 1
_RUN, _MOST = 4096, 1 << 22
"""Texts that a batch reads at a time; characters from which they are read one by one."""


def find_pii(text: str, *, urls: bool = False) -> list[Hit]:
    """Personal data in a text, left to right, without overlaps and without harmless values.

    ``urls`` reports web addresses too (``url``, low): they seldom are personal, and are many.
    """
    found = _GATE.open_for(text)
    if _ODD in found:
        text = plain(text)
        found = _GATE.open_for(text)
    taken: list[Hit] = []
    for number in found:
        if number != _URL or urls:
            for kind, start, end, severity in _FIND[number](text):
                claim(taken, Hit(kind, start, end, severity))
    return [hit for hit in taken if hit.kind != HARMLESS]


def find_pii_batch(texts: Sequence[str], *, urls: bool = False) -> list[list[Hit]]:
    """``find_pii`` of every text, in order.

    Each recogniser reads all its texts of a run as one block before the next one starts.
    """
    found: list[list[Hit]] = []
    for start in range(0, len(texts), _RUN):
        found += _run(texts[start : start + _RUN], urls=urls)
    return found


def _run(texts: Sequence[str], *, urls: bool) -> list[list[Hit]]:
    if sum(map(len, texts)) > _MOST:  # Long texts gain nothing, and would be copied.
        return [find_pii(text, urls=urls) for text in texts]
    read, waiting = _opened(texts)
    if not urls:
        waiting.pop(_URL, None)
    claims = Claims(read)
    for number in sorted(waiting):
        places = sorted(waiting[number])
        fewest = _RECOGNISERS[number].digits
        if fewest:
            places = claims.with_room(places, fewest)
        block = SEPARATOR.join([read[at] for at in places])
        claims.add(places, list(_FIND[number](block)))
    return claims.hits()


def _opened(texts: Sequence[str]) -> tuple[list[str], dict[int, list[int]]]:
    """The texts as they are read, and for each recogniser the places of those worth its while."""
    read = list(texts)
    alike = _GATE.alike(read)
    for at in [at for found in list(alike) if _ODD in found for at in alike.pop(found)]:
        read[at] = plain(read[at])
        alike.setdefault(_GATE.open_for(read[at]), []).append(at)
    waiting: dict[int, list[int]] = {}
    for found, places in alike.items():
        for number in found:
            waiting.setdefault(number, []).extend(places)
    return read, waiting
