"""Finds JSON in an answer, and compares it by JSON's own rules."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tuneworthy.methods.strict_json import no_constant

_DECODER = json.JSONDecoder(parse_constant=no_constant)

_BRACE = re.compile(r"[{}]")

MOST = 200
"""Places in a text where a JSON value is looked for."""


def first_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in ``text``, or None; what follows it is ignored.

    Braces that hold no JSON are passed over as a whole: no part of a broken object counts.
    """
    start = text.find("{")
    for _ in range(MOST):
        if start < 0:
            return None
        try:
            value: dict[str, Any] = _DECODER.raw_decode(text, start)[0]
            return value
        except (ValueError, RecursionError):
            start = text.find("{", _closed(text, start))
    return None


def _closed(text: str, start: int) -> int:
    """The place behind the brace that closes the one at ``start``; the text's end without one."""
    depth = 0
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.end()
    return len(text)


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
