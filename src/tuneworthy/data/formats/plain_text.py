"""Rows of plain text, and texts with a class beside them.

A text without a request is a single assistant turn (``Example.is_text``): what a model would go on
to write. A text with a ``label``, ``intent`` or ``category`` asks for that class.
"""

from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.formats.format import CannotWriteError, Fields, Format, Parts
from tuneworthy.data.formats.request_target import answer, asked

_CLASSES = ("label", "intent", "category")


def read(fields: Fields) -> Parts:
    """The text as one assistant turn."""
    return Parts((answer(fields, "text"),))


def read_class(fields: Fields) -> Parts:
    """The text as the request, its class as the target."""
    return Parts((asked(fields, "text"), answer(fields, _class_of(fields))))


def _class_of(fields: Fields) -> str:
    return next((name for name in _CLASSES if name in fields), "")


def write(example: Example) -> dict[str, Any]:
    """``text`` alone."""
    if not example.is_text:
        raise CannotWriteError("is a conversation; as text it would need a model's chat template")
    return {"text": example.target}


FORMAT = Format("text", ("text",), ("text",), read)
CLASS = Format(
    "text/label",
    ("text", *_CLASSES),
    ("text",),
    read_class,
    lambda fields: bool(_class_of(fields)),
)
