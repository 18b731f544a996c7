"""Who a recorded request names: the one rule by which it is sealed, found and held."""

from collections.abc import Mapping
from typing import Any


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
    return list(dict.fromkeys(name for name in named if isinstance(name, str) and name))
