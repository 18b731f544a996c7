"""Finds the JSON object in an answer."""

import json
from typing import Any


def first_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in ``text``, or None; what follows it is ignored."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
