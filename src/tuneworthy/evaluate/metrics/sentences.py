"""Splits a text into sentences by their closing marks."""

import re

# A closing mark, then white space, then not a small letter: "e.g. this" and "3.5 kg" stay whole.
_END = re.compile(
    r"(?:(?<=[.!?\u2026])|(?<=[.!?\u2026][\"'\u201d\u2019)\]]))\s+(?=[^\sa-z])"
    r"|\n\s*\n|\n(?=\s*[*+-] )|(?<=[\u3002\uff01\uff1f])"
)
_SHORT = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|Fig|e\.g|i\.e)|\b[A-Z])\.$")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without white space around them; none is blank.

    >>> sentences("Dr. No pays 3.5 EUR. He left! Why?")
    ['Dr. No pays 3.5 EUR.', 'He left!', 'Why?']
    """
    found: list[str] = []
    for piece in _END.split(text):
        piece = piece.strip()
        if not piece:
            continue
        if found and _SHORT.search(found[-1]):
            found[-1] += " " + piece
        else:
            found.append(piece)
    return found
