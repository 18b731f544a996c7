"""JSON inside a text: where it stands, and its strings and numbers with their exact places.

Written so that a value can be exchanged while every other character stays.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|-?[0-9][0-9.eE+-]*', re.S)
_PIECE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.S
)
_TRIES = 64
"""Brackets of one text that are tried as the start of JSON."""


class Region(NamedTuple):
    """Characters ``start`` to ``end`` of a text are one JSON object or array."""

    start: int
    end: int


class Token(NamedTuple):
    """A string (without its quotes) or a number of a region."""

    start: int
    end: int
    is_string: bool


def json_regions(text: str) -> list[Region]:
    """The JSON objects and arrays of a text, outermost ones only, left to right."""
    decoder = json.JSONDecoder()
    regions, at = [], 0
    for _ in range(_TRIES):
        match = re.compile(r"[{\[]").search(text, at)
        if not match:
            break
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            at = match.end()
            continue
        if value:
            regions.append(Region(match.start(), end))
        at = end
    return regions


def tokens(text: str, region: Region) -> Iterator[Token]:
    """The strings and numbers of a region, in order."""
    for match in _TOKEN.finditer(text, region.start, region.end):
        if match[0].startswith('"'):
            yield Token(match.start(1), match.end(1), is_string=True)
        else:
            yield Token(match.start(), match.end(), is_string=False)


def decoded(text: str, token: Token) -> tuple[str, list[int]]:
    """A string's value, and for each of its characters, and its end, the place in ``text``."""
    raw = text[token.start : token.end]
    if "\\" not in raw:
        return raw, list(range(token.start, token.end + 1))
    places, value = [], ""
    for match in _PIECE.finditer(text, token.start, token.end):
        places.append(match.start())
        piece = match[0]
        value += json.loads(f'"{piece}"') if piece.startswith("\\") else piece
    return value, [*places, token.end]


def encoded(value: str) -> str:
    """A string's value as it stands between JSON quotes."""
    return json.dumps(value, ensure_ascii=False)[1:-1]
