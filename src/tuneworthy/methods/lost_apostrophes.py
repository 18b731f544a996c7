"""Apostrophes that became question marks, as an export in ASCII writes what it cannot say.

``don?t`` and ``they?re`` can only have been one. Of ``na?ve`` nobody can say which letter it was,
and ``really?yes`` looks alike, so other letters are not looked for.
"""

import re

_APOSTROPHE = re.compile(
    r"\b(?P<word>(?:do|ca|wo|is|are|does|did|could|would|should|was|were|have|has|had)n(?=\?t)"
    r"|(?:it|that|what|he|she|there|who|let)(?=\?s)|(?:they|we|you)(?=\?(?:re|ve|ll|d))"
    r"|i(?=\?(?:m|ve|ll|d)))\?(?P<rest>t|s|re|ve|ll|d|m)\b(?![=&])",
    re.I,
)


def lost_apostrophe(text: str) -> str:
    """The first word that lost its apostrophe; or empty."""
    found = _APOSTROPHE.search(text) if "?" in text else None
    return found.group(0) if found else ""


def with_apostrophes(text: str) -> str:
    """The text with its apostrophes back."""
    return _APOSTROPHE.sub(r"\g<word>'\g<rest>", text)
