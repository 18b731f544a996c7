"""Cyrillic or Greek in a code page of its own that was read as Windows-1252.

Every letter of such a text is an accented Latin one, or nearly ("Ïðèâåò"). No Latin script writes
so: words of three such letters and more come by the dozen. A page is believed when most letters
that it gives are the commonest of its languages.
"""

import re

_WORDS = re.compile("[\u00c0-\u00ff\u00b8\u00a8]{3,}")
_PAGES = {
    "cp1251": frozenset("оеаинтсрвл"),
    "koi8-r": frozenset("оеаинтсрвл"),
    "cp1253": frozenset("αοιετσνρη"),
}
LEAST = 8
"""Letters in such words from which the text is looked at."""
SHARE = 0.5


def wrong_page(text: str) -> str:
    """The first words that stood in another code page; or empty."""
    words = _WORDS.findall(text)
    return " ".join(words[:4]) if _page(words) else ""


def in_its_page(text: str) -> str:
    """The text read in the page it was written in; unchanged where it was read rightly."""
    page = _page(_WORDS.findall(text))
    return "".join(_read(one, page) for one in text) if page else text


def _page(words: list[str]) -> str:
    if sum(map(len, words)) < LEAST or len(words) < 2:
        return ""
    shares = {page: _share("".join(words), page) for page in _PAGES}
    best = max(shares, key=lambda page: shares[page])
    return best if shares[best] >= SHARE else ""


def _share(letters: str, page: str) -> float:
    """Share of the letters, read in a page, that are the commonest of its languages."""
    said = "".join(_read(one, page) for one in letters)
    lower = sum(one.islower() for one in said)
    if lower * 2 < len(said) and any(one.islower() for one in said):
        return 0.0
    return sum(one in _PAGES[page] for one in said.lower()) / len(said)


def _read(character: str, page: str) -> str:
    try:
        data = character.encode("cp1252")
        return data.decode(page) if data[0] >= 0x80 else character
    except UnicodeError:
        return character
