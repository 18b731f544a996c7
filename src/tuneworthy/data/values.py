"""Plain values of a row: what they are, and as text. Text is never altered."""

import json
from typing import Any

from tuneworthy.methods.strict_json import TwiceError, strict_json


class RowError(Exception):
    """One row cannot be used. Carries a code, the JSON path and the reason."""

    def __init__(self, code: str, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.code = code
        self.path = path
        self.reason = reason


def name_of(value: Any) -> str:
    """What a JSON value is called: ``a number``, ``a list``, ..."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def is_blank(value: Any) -> bool:
    """Whether a value is missing, or text of white space alone."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(value: Any, path: str) -> str:
    """Text as it stands; numbers, objects and lists as JSON text."""
    if isinstance(value, str):
        return value
    if value is None:
        raise RowError("bad_type", path, "must be text, not null")
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as fault:
        raise RowError("bad_type", path, f"must be text, not {name_of(value)}") from fault


def parse_json(text: str, path: str) -> Any:
    """The value of a field that holds JSON as text."""
    try:
        return strict_json(text)
    except TwiceError as fault:
        raise RowError("duplicate_key", path, f"{fault}") from fault
    except (ValueError, RecursionError) as fault:
        raise RowError("bad_json", path, f"is not JSON: {fault}") from fault
