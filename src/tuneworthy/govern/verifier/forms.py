"""Canonical JSON (RFC 8785), written and read with Python alone."""

import json
from decimal import Decimal
from typing import Any


class Fault(Exception):
    """What does not hold, in words."""


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value, as bytes."""
    return _text(value).encode("utf-8")


def parse(data: bytes, what: str) -> Any:
    """The value of bytes that are its one spelling. Raises Fault."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
        same = canonical(value) == data
    except (ValueError, RecursionError, OverflowError) as fault:
        raise Fault(f"{what}: {fault}") from None
    if not same:
        raise Fault(f"{what}: not in canonical form")
    return value


def _text(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=_units)
        return "{" + ",".join(f"{_text(name)}:{_text(value[name])}" for name in names) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """As ECMAScript writes a double: the shortest digits, laid out by its own rules."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("a number that JSON does not have")
    if digits == (0,):
        return "0"
    text, point = "".join(map(str, digits)), len(digits) + exponent
    if len(text) <= point <= 21:
        shown = text + "0" * exponent
    elif 0 < point <= 21:
        shown = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        shown = "0." + "0" * -point + text
    else:
        rest = f".{text[1:]}" if len(text) > 1 else ""
        shown = f"{text[0]}{rest}e{point - 1:+d}"
    return "-" * sign + shown


def _units(name: str) -> bytes:
    """What names are sorted by: their UTF-16 code units."""
    return name.encode("utf-16-be", "surrogatepass")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
