"""The header of a safetensors file, checked before any library reads the file.

Format: github.com/huggingface/safetensors, README ("Format"): 8 bytes with the header's length
(little-endian), the header as a JSON object, then the tensors' bytes without holes or overlaps. The
library checks places and sizes too; of a name that stands twice it silently takes one.
"""

import json
from pathlib import Path
from typing import Any

LONGEST = 16 * 1024 * 1024
"""Bytes of a header at most; the header of a model with ten thousand tensors has about one MiB."""


def header_fault(path: Path) -> str:
    """Why a file's header is not sound, in words; empty when it is. Raises OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            return "its header is longer than the file"
        if length > LONGEST:
            return f"its header has {length} bytes, more than {LONGEST}"
        text = file.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_once)
        places = [_place(facts) for name, facts in header.items() if name != "__metadata__"]
    except RecursionError:
        return "its header is nested too deeply"
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        return f"its header cannot be read: {fault}"
    return _gaps(sorted(places), size - 8 - length)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _place(facts: dict[str, Any]) -> tuple[int, int]:
    begin, end = facts["data_offsets"]
    if type(begin) is not int or type(end) is not int or not 0 <= begin <= end:
        raise ValueError(f"no place in the file: {facts['data_offsets']!r}")
    return begin, end


def _gaps(places: list[tuple[int, int]], size: int) -> str:
    """Whether the tensors fill the rest of the file exactly, one after another."""
    at = 0
    for begin, end in places:
        if begin != at:
            return "its tensors overlap" if begin < at else "there are bytes between its tensors"
        at = end
    return "" if at == size else "its tensors do not end where the file does"
