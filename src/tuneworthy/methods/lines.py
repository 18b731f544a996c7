"""Nouns as JSON Lines and back; one object a line, in canonical bytes."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel

from tuneworthy.methods.canonical import canonical

M = TypeVar("M", bound=BaseModel)


def dump_lines(items: Iterable[BaseModel]) -> bytes:
    """One canonical JSON object a line, each ended by a newline."""
    lines = bytearray()
    for item in items:
        lines += canonical(item)
        lines += b"\n"
    return bytes(lines)


def load_lines(model: type[M], data: bytes) -> list[M]:
    """The items that ``dump_lines`` wrote. Raises pydantic.ValidationError on anything else."""
    return [model.model_validate_json(line) for line in data.splitlines() if line]
