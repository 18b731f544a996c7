"""One JSON object as a raw row, with the spelling of its targets kept."""

import re
from typing import Any

import msgspec

from tuneworthy.data.key_counts import key_twice
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits

_OBJECT = msgspec.json.Decoder(dict[str, Any])
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BYTES_PER_CHARACTER = 12
"""The longest JSON spelling of one character: an escaped surrogate pair."""
_SLACK = 1 << 20


def longest_row(limits: Limits) -> int:
    """How many bytes a row may take as JSON."""
    return limits.characters * _BYTES_PER_CHARACTER + _SLACK


def read_object(text: str, number: int, index: int, columns: frozenset[str]) -> RawRow:
    """A row from the text of one JSON object.

    Args:
        text: The object, without white space around it.
        number: The row's number, from 1.
        index: The record's place, from 0.
        columns: Fields whose numbers and objects keep their spelling, as text.
    """
    try:
        values = _OBJECT.decode(text)
        twice = key_twice(text, values)
        if twice:
            return RawRow(number, None, "duplicate_key", f"$: {twice}", index)
        odd = [name for name in columns & values.keys() if _needs_source_text(values[name])]
        if odd:
            raw = _RAW.decode(text)
            values.update({name: bytes(raw[name]).decode("utf-8") for name in odd})
    except msgspec.ValidationError as fault:
        return RawRow(number, None, "bad_row", f"$: {fault}", index)
    except (msgspec.DecodeError, RecursionError, ValueError) as fault:
        column, reason = _where(str(fault), text)
        return RawRow(number, None, "bad_json", f"column {column}: {reason}", index)
    return RawRow(number, values, index=index, size=len(text))


def _needs_source_text(value: Any) -> bool:
    """Whether a target or request is a number or object: its JSON is kept as it was written."""
    if isinstance(value, list):
        # A list of objects is a list of turns.
        return not all(isinstance(item, dict) for item in value)
    return isinstance(value, int | float | dict)


def _where(message: str, text: str) -> tuple[int, str]:
    found = re.search(r"\(byte (\d+)\)", message)
    if found is None:
        return len(text) + 1, f"is not complete JSON ({message})"
    before = text.encode("utf-8", "surrogatepass")[: int(found[1])]
    reason = message[: found.start()].strip().removeprefix("JSON is malformed: ")
    return len(before.decode("utf-8", "ignore")) + 1, f"is not JSON ({reason})"
