"""Who a recorded request names: the one rule by which it is sealed, found and held."""

from collections.abc import Mapping
from typing import Any

_LARGEST = 2**64


def name_of(value: object) -> str:
    """A text or a whole number as a name; empty for anything else.

    Clients pass the number of an account as it is; whoever asks to be erased says it as text.
    """
    if isinstance(value, str):
        return value
    number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST
    return str(value) if number else ""


def subject_in(body: Mapping[str, Any]) -> str:
    """The person under whose key a request is sealed; empty where it names nobody.

    A session or a conversation is nobody: it would cost a key for each.
    """
    return next(iter(named_in(body)), "")


def named_in(body: Mapping[str, Any], sticky_key: str = "", *, sticky: bool = False) -> list[str]:
    """The people that a request names, whoever may stand for the others first.

    Args:
        body: The request as JSON.
        sticky_key: What the split went by.
        sticky: Whether that names somebody who may come back.
    """
    named = (body.get("safety_identifier"), body.get("user"), sticky_key if sticky else "")
    return list(dict.fromkeys(filter(None, map(name_of, named))))
