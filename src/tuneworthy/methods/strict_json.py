"""JSON as RFC 8259 has it: without NaN and Infinity, and without a name that stands twice."""

import json
from collections import Counter
from typing import Any, NoReturn


class TwiceError(ValueError):
    """An object names a key twice; most readers keep the last one and say nothing."""


def no_constant(name: str) -> NoReturn:
    """Refuse a constant that is no JSON; for ``parse_constant``.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is no JSON value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise TwiceError(f"the key {twice[:40]!r} stands twice in one object")
    return found


_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=no_constant)


def strict_json(text: str) -> Any:
    """The value that a text is.

    Raises:
        TwiceError: Says which key.
        ValueError: Not JSON, or an integer of over 4,300 digits.
        RecursionError: Nested too deep.
    """
    return _STRICT.decode(text)


def whole_json(text: str) -> list[Any]:
    """The one value that the whole text is, in a list; empty when it is none.

    Of a key that stands twice the last one is taken, as programs that read answers do.
    """
    try:
        return [json.loads(text, parse_constant=no_constant)]
    except (ValueError, RecursionError):
        return []
