"""The personal-data and secrets scan over whole examples."""

from collections.abc import Iterator
from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.table import Found
from tuneworthy.methods import pii, secrets

DETECTOR_VERSION = f"{pii.DETECTOR_VERSION}+{secrets.DETECTOR_VERSION}"


def scan(example: Example) -> list[Found]:
    """Every finding in the turns, the tool declarations and the accepted answers."""
    found: list[Found] = []
    for path, text in _texts(example):
        for prefix, hits in (
            ("secret_", secrets.find_secrets(text)),
            ("pii_", pii.find_pii(text)),
        ):
            found += [
                Found(prefix + hit.kind, path, hit.start, hit.end, hit.severity == "high")
                for hit in hits
            ]
    return found


def _texts(example: Example) -> Iterator[tuple[str, str]]:
    for i, message in enumerate(example.messages):
        yield f"$.messages[{i}].content", message.content
    for i, message in enumerate(example.rejected):
        yield f"$.rejected[{i}].content", message.content
    for i, tool in enumerate(example.tools):
        yield from _leaves(tool, f"$.tools[{i}]")
    if example.accepted is not None:
        yield from _leaves(example.accepted, "$.accepted")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{path}[{i}]")
