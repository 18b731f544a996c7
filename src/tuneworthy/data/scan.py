"""The personal-data and secrets scan over whole examples."""

from collections.abc import Iterator, Sequence
from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.table import Found
from tuneworthy.methods import pii, secrets

DETECTOR_VERSION = f"{pii.DETECTOR_VERSION}+{secrets.DETECTOR_VERSION}"

_SHORT = 1_000_000
"""A whole number below this is not looked at: six digits are no personal datum by themselves."""


def scan(example: Example) -> list[Found]:
    """Every finding in the turns, the tool declarations, the accepted answers and the segment.

    Cards name the segments. A subject and annotators are people, by their purpose.
    """
    return scan_all([example])[0]


def scan_all(examples: Sequence[Example]) -> list[list[Found]]:
    """``scan`` of every example, in order; quicker than one by one."""
    return scan_texts([list(_texts(one)) for one in examples])


def scan_texts(rows: Sequence[Sequence[tuple[str, str]]]) -> list[list[Found]]:
    """Every finding in the texts of rows, each with its path in the row."""
    places = [(number, path, text) for number, row in enumerate(rows) for path, text in row]
    texts = [text for _, _, text in places]
    found: list[list[Found]] = [[] for _ in rows]
    searched = zip(
        places, secrets.find_secrets_batch(texts), pii.find_pii_batch(texts), strict=True
    )
    for (number, path, _), keys, personal in searched:
        for prefix, hits in (("secret_", keys), ("pii_", personal)):
            found[number] += [
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
        yield from leaves(tool, f"$.tools[{i}]")
    if example.accepted is not None:
        yield from leaves(example.accepted, "$.accepted")
    if example.provenance.segment:
        yield "$.segment", example.provenance.segment


def every_text(row: Any) -> list[tuple[str, str]]:
    """Whatever can be read in a row that is no example: texts, numbers, names of fields, bytes."""
    texts: list[tuple[str, str]] = []
    waiting: list[tuple[str, Any]] = [("$", row)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            texts += [(path, name) for name in value if isinstance(name, str)]
            waiting += [(f"{path}.{name}", item) for name, item in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(f"{path}[{i}]", item) for i, item in enumerate(value)]
        elif isinstance(value, str):
            texts.append((path, value))
        elif isinstance(value, bytes):
            texts.append((path, value.decode("utf-8", "replace")))
        elif isinstance(value, float) and value.is_integer():
            texts.append((path, _written(int(value))))
        elif value is not None:
            texts.append((path, _written(value) if isinstance(value, int) else str(value)))
    return texts


def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text and whole number of a JSON value, with its path; numbers as they are written."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, int) and abs(value) >= _SHORT and not isinstance(value, bool):
        yield path, _written(value)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from leaves(item, f"{path}[{i}]")


def _written(value: int) -> str:
    # Python refuses to write huge numbers, and no personal datum has a hundred digits.
    return str(value) if abs(value) < 10**100 else ""
