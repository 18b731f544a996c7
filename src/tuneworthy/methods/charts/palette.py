"""The colour tokens: what each means, and its value on light and on dark."""

import re
from typing import Final, Literal

Theme = Literal["light", "dark"]

TOKENS: Final[dict[str, tuple[str, str]]] = {
    "bg": ("#f6f7f9", "#12161c"),
    "card": ("#ffffff", "#1a2029"),
    "ink": ("#1b2330", "#e8ecf2"),
    "mute": ("#566173", "#a3aebd"),
    "line": ("#d9dee6", "#303947"),
    "acc": ("#0b5fad", "#6fb1f2"),
    "on-acc": ("#ffffff", "#0c1420"),
    "ok": ("#1a6b43", "#6fd3a0"),
    "warn": ("#7a4f00", "#f0be63"),
    "bad": ("#a8201a", "#ff9a92"),
    "ok-bg": ("#e6f4ec", "#153226"),
    "warn-bg": ("#fdf2dd", "#3a2d10"),
    "bad-bg": ("#fde9e7", "#3f1c1a"),
    "base": ("#7c899b", "#8f9bab"),
}
"""Token to its light and dark value. Blue is ours, grey is the base; green, amber and red only
ever stand beside a word and a shape."""

_TOKEN = re.compile(r"var\(--([a-z-]+)\)")


def standalone(svg: str, theme: Theme = "light") -> str:
    """The same chart with fixed colours and a font, for places without our style sheet."""
    column = 0 if theme == "light" else 1
    fixed = _TOKEN.sub(lambda token: TOKENS[token.group(1)][column], svg)
    return fixed.replace(
        "<svg ", f'<svg font-family="system-ui,sans-serif" fill="{TOKENS["ink"][column]}" ', 1
    )
