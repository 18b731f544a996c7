"""Names and places, softly: what a sentence introduces as one. Never a gate, always incomplete.

Most names and places stand in no such frame, so most are missed; ``bench/pii`` prints how many.
A ``SoftRecogniser`` over a language model or Presidio can stand in for this one.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from tuneworthy.methods.pii.hit import Hit, claim


class SoftRecogniser(Protocol):
    """Finds names and places with a recall that has been measured, and is not 1."""

    version: str
    """Name and version, for the record."""

    def find(self, texts: Sequence[str]) -> list[list[Hit]]:
        """Hits of kinds ``person``, ``place`` and ``street_address``, all low, for every text."""
        ...


_NAME = r"[A-ZÀ-ÖØ-Þ][\w'\u2019-]+"
_FULL = rf"{_NAME}(?: (?:(?:van|von|de|der|da|del|la|bin|al|y|e)\b ?)*(?:{_NAME}|[A-Z]\.)){{0,3}}"
_PERSON = (
    re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Herr|Frau|M|Mme|Sr|Sra|Sig)\.? ({_FULL})"),
    re.compile(
        rf"(?:(?i:my name is|my name's|i am called|this is|i'm|name:|sincerely,"
        rf"|regards,|dear"
        rf"|hi,? i am|ich heiße|mein name ist|je m'appelle|me llamo|mi chiamo"
        rf"|best,|signed,|yours,))"
        rf"\s+({_FULL})"
    ),
)
_STREET = (
    re.compile(
        rf"\b\d{{1,5}}[A-Za-z]?,? (?:{_NAME} ){{1,4}}(?:St(?:reet)?|Ave(?:nue)?|R(?:oa)?d|Blvd"
        r"|Boulevard|Ln|Lane|Dr(?:ive)?|Ct|Court|Pl(?:ace)?|Sq(?:uare)?|Way|Terrace|Close|Crescent|Hwy|Highway"
        r"|Parkway|Row|Gardens|Grove|Hill|Mews)\b(?:,? (?:Apt|Suite|Unit|Flat)\.? ?#?\w{1,6})?"
    ),
    re.compile(
        r"\b[A-ZÀ-Þ][\wäöüßéè-]*(?:straße|strasse|str\.|weg|gasse|platz|allee|gatan|vägen|vej|katu|laan"
        r"|straat) \d{1,4}[a-zA-Z]?\b"
    ),
    re.compile(rf"\b\d{{1,4}},? (?:rue|avenue|boulevard|place|chemin) (?:d[eu]s? |de la )?{_FULL}"),
    re.compile(
        rf"\b(?:Via|Viale|Piazza|Calle|Avenida|Rua|Plaza|ul\.) {_FULL},? (?:n\.? ?)?\d{{1,4}}\b"
    ),
)  # fmt: skip


class IntroducedNames:
    """The built-in ``SoftRecogniser``: titles, self-introductions, street words."""

    version = "introduced-1"

    def find(self, texts: Sequence[str]) -> list[list[Hit]]:
        """Hits for every text, in order."""
        return [_soft(text) for text in texts]


def _soft(text: str) -> list[Hit]:
    taken: list[Hit] = []
    for kind, patterns in (("street_address", _STREET), ("person", _PERSON)):
        for pattern in patterns:
            group = 1 if pattern.groups else 0
            for match in pattern.finditer(text):
                claim(taken, Hit(kind, match.start(group), match.end(group), "low"))
    return taken
