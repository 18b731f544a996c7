"""Free text made safe to show in a document: what it says stays, nothing in it breaks the page."""

import re

from tuneworthy.methods.visible import visible

_GROWTH = 10
"""A hidden character that is written out takes so many places at most."""

_FORMULA = re.compile(r"[=@+-]")
_FIGURE = re.compile(r"[+-][0-9.,]+( to [+-]?[0-9.,]+)?( ?%| points)?")
_IN_JSON = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def one_line(text: str) -> str:
    """The text on one line; controls, direction overrides and invisible marks are written out."""
    return visible(text, _GROWTH * (len(text) + 1))


def in_cell(text: str) -> str:
    """The same for a table, where a spreadsheet may take a text for a formula: then behind a ``'``.

    A figure keeps its sign.
    """
    said = one_line(text)
    return f"'{said}" if _FORMULA.match(said) and not _FIGURE.fullmatch(said) else said


def json_safe(text: str) -> str:
    """A JSON text in which characters that hide or reorder others are written as escapes.

    They stand inside strings alone, so the text says the same to a program.
    """
    return _IN_JSON.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
