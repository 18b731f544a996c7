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
_GATE = Gate([*(recogniser.gates for recogniser in _RECOGNISERS), (ODD,)])
_FIND = tuple(recogniser.find for recogniser in _RECOGNISERS)
_URL = len(_RECOGNISERS) - 1


def find_pii(text: str, *, urls: bool = False) -> list[Hit]:
    """Personal data in a text, left to right, without overlaps and without harmless values.

    ``urls`` reports web addresses too (``url``, low): they seldom are personal, and are many.
    """
    text, found = _open(text)
    taken: list[Hit] = []
    for number in found:
        if number != _URL or urls:
            for hit in _FIND[number](text):
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
    """``find_pii`` of every text, in order."""
    return [find_pii(text, urls=urls) for text in texts]
