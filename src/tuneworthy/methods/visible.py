"""Text from elsewhere made safe to show: nothing in it can steer a terminal or hide."""

import re
import unicodedata

_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (also direction overrides), surrogate, private, unassigned, line breaks."""

_MORE = "... (cut)"


def hides(character: str) -> bool:
    """Whether a character is not simply seen: a control, a direction override, a zero width."""
    return unicodedata.category(character) in _HIDING


def visible(text: str, most: int, *, lines: bool = False) -> str:
    r"""The text with every hiding character written out, at most ``most`` characters long.

    Args:
        text: Any text.
        most: The longest that may come out.
        lines: Keep line feeds; else every run of white space is one blank.

    >>> visible("safe\x1b[2J", 40)
    'safe\\x1b[2J'
    """
    # What is cut is never longer than what is shown: a written-out character only gets longer.
    text = text[: most + 1]
    if lines:
        text = text.replace("\r\n", "\n").replace("\t", " ")
        shown = "".join(c if c == "\n" or not hides(c) else _written(c) for c in text)
    else:
        shown = "".join(_written(c) if hides(c) else c for c in re.sub(r"\s+", " ", text.strip()))
    if len(shown) <= most:
        return shown
    return shown[: max(0, most - len(_MORE))] + _MORE[:most]


def _written(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
