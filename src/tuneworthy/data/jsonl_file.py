"""JSON Lines: one object a line, decoded one by one, so that no field is ever inferred away."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tuneworthy.core.nouns.project import Source
from tuneworthy.data.lines import Hash, Line, text_lines
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits, text_columns

_OBJECT = msgspec.json.Decoder(dict[str, Any])
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BYTES_PER_CHARACTER = 12
"""The longest JSON spelling of one character: an escaped surrogate pair."""
_SLACK = 1 << 20


def jsonl_rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    """Every line that is not blank. Raises DataProblem when the file itself is at fault."""
    longest = limits.characters * _BYTES_PER_CHARACTER + _SLACK
    columns = text_columns(source)
    for line in text_lines(path, digest, longest):
        if line.text is None:
            yield RawRow(line.number, None, "too_long", f"the line is over {longest:,} bytes")
        elif line.text.strip():
            yield _row(line, line.text.strip(), columns)


def _row(line: Line, text: str, columns: frozenset[str]) -> RawRow:
    try:
        values = _OBJECT.decode(text)
        odd = [name for name in columns & values.keys() if _needs_source_text(values[name])]
        if odd:
            raw = _RAW.decode(text)
            values.update({name: bytes(raw[name]).decode("utf-8") for name in odd})
    except msgspec.ValidationError as fault:
        return RawRow(line.number, None, "bad_row", f"$: {fault}")
    except (msgspec.DecodeError, RecursionError, ValueError) as fault:
        column, reason = _where(str(fault), text)
        return RawRow(line.number, None, "bad_json", f"column {column}: {reason}")
    return RawRow(line.number, values)


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
