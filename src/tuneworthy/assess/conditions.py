"""Small conditions over the fields of a result, written as text: ``n >= 50``.

A condition is ``field operator value``; ``or`` between conditions means that one is enough. The
value is a JSON literal, another field of the same result, or ``@name`` for something known of the
project. ``roles has "model_owner"`` looks into a list, ``stages exists`` asks for any value.
What is missing, or cannot be compared, does not hold.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "has": operator.contains,
}
_SHAPE = re.compile(r"(?P<field>\w+) (?:(?P<op>==|!=|>=|<=|>|<|has) (?P<value>.+)|exists)")
_NAME = re.compile(r"@?[A-Za-z_]\w*")
_LITERALS = {"true": True, "false": False}
_NO_NUMBERS = frozenset({"nan", "inf", "infinity"})
"""No measurement is ever above or below these, nor is any field called so."""
_MISSING = object()
_LONGEST = 80
"""The longest value that a message repeats, in characters."""


class Condition(NamedTuple):
    """One comparison; an empty ``op`` asks only whether the field is there."""

    field: str
    op: str
    value: Any
    """A literal, or a name when ``named`` says so."""
    named: bool

    def holds(self, result: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
        """Whether the result meets it, given what is ``known`` of the project."""
        left = result.get(self.field)
        if left is None or not self.op:
            return left is not None
        right = self._right(result, known)
        if right is _MISSING or right is None:
            return False
        if self.op == "has" and not isinstance(left, list | tuple):
            return False  # a text holds every part of itself, which is no list of things
        try:
            return bool(_OPERATORS[self.op](left, right))
        except TypeError:
            return False

    def _right(self, result: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
        if not self.named:
            return self.value
        name = str(self.value)
        if name.startswith("@"):
            return known.get(name[1:], _MISSING)
        return result.get(name, _MISSING)


@lru_cache(maxsize=512)
def parse(text: str) -> tuple[Condition, ...]:
    """The conditions joined by ``or`` in ``text``.

    Raises:
        ValueError: The text has not the form ``field operator value``.
    """
    return tuple(_parse_one(part.strip()) for part in text.split(" or "))


def unmet(text: str, result: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Why ``text`` does not hold, with the values found; empty when it does."""
    if holds(text, result, known):
        return ""
    return f"{text} does not hold: " + "; ".join(_found(c, result, known) for c in parse(text))


def holds(text: str, result: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether at least one of the conditions in ``text`` holds."""
    return any(condition.holds(result, known) for condition in parse(text))


def _found(condition: Condition, result: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    said = [f"{condition.field} is {_shown(result.get(condition.field))}"]
    if condition.named:
        name = str(condition.value)
        value = known.get(name[1:]) if name.startswith("@") else result.get(name)
        said.append(f"{name.removeprefix('@')} is {_shown(value)}")
    return ", ".join(said)


def _shown(value: Any) -> str:
    if value is None:
        return "not there"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _parse_one(text: str) -> Condition:
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a condition: {text!r} (expected: field operator value)")
    if match["op"] is None:
        return Condition(match["field"], "", None, named=False)
    value = match["value"]
    if value in _LITERALS:
        return Condition(match["field"], match["op"], _LITERALS[value], named=False)
    if value.casefold() in _NO_NUMBERS:
        raise ValueError(f"{value} compares with nothing, in {text!r}")
    if _NAME.fullmatch(value):
        return Condition(match["field"], match["op"], value, named=True)
    try:
        literal = json.loads(value, parse_constant=_refuse, parse_float=_finite)
        return Condition(match["field"], match["op"], literal, named=False)
    except (ValueError, RecursionError) as fault:
        raise ValueError(f"not a value: {value!r} in {text!r}") from fault


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} compares with nothing")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _refuse(text)
