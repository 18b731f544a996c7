"""Finds JSON in an answer, and compares it by JSON's own rules."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)

MOST = 200
"""Places in a text where a JSON value is looked for."""


def first_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in ``text``, or None; what follows it is ignored."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = _DECODER.raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def json_values(text: str) -> Iterator[Any]:
    """The JSON objects and lists in a text, one after another; each stands in no other."""
    at, tried = 0, 0
    while tried < MOST:
        found = [place for mark in "{[" if (place := text.find(mark, at)) >= 0]
        if not found:
            return
        at, tried = min(found), tried + 1
        try:
            value, at = _DECODER.raw_decode(text, at)
            yield value
        except (ValueError, RecursionError):
            at += 1


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: 1 is 1.0, and true is not 1 (RFC 8259, section 3)."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def whole_json(text: str) -> list[Any]:
    """The one JSON value that the whole text is, in a list; empty when it is none."""
    try:
        return [json.loads(text, parse_constant=_no_number)]
    except (ValueError, RecursionError):
        return []
