"""Prompt and completion, each text or a list of turns, as TRL reads them; and KTO's ``label``.

Source: the "Dataset formats and types" page of TRL.
"""

from typing import Any

from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.data.formats.chat_turns import chat_turns
from tuneworthy.data.formats.format import CannotWriteError, Fields, Format, Parts
from tuneworthy.data.formats.request_target import answer, asked
from tuneworthy.data.formats.sharegpt import system_turn
from tuneworthy.data.turns import read_messages
from tuneworthy.data.values import RowError

_RATINGS = {"true": True, "false": False}


def read(fields: Fields) -> Parts:
    """The prompt's turns, then the completion's."""
    return Parts(prompt_turns(fields) + answer_turns(fields, "completion"))


def read_kto(fields: Fields) -> Parts:
    """As ``read``, with whether the answer was found good."""
    parts = read(fields)
    return parts._replace(rating=rating_of(fields.get("label"), fields.path("label")))


def prompt_turns(fields: Fields) -> tuple[Message, ...]:
    """The turns before the answer."""
    if isinstance(fields.get("prompt"), list):
        asks = read_messages(fields.get("prompt"), fields.path("prompt"))
    else:
        asks = (asked(fields, "prompt"),)
    return system_turn(fields) + asks


def answer_turns(fields: Fields, field: str) -> tuple[Message, ...]:
    """The turns of an answer."""
    if isinstance(fields.get(field), list):
        return read_messages(fields.get(field), fields.path(field))
    return (answer(fields, field),)


def is_rating(value: Any) -> bool:
    """Whether a value can be a yes or no."""
    return isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in _RATINGS)


def rating_of(value: Any, path: str) -> bool:
    """A yes or no. Raises RowError."""
    if isinstance(value, bool):
        return value
    found = _RATINGS.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise RowError("bad_rating", path, f"must be true or false, not {value!r:.40}")
    return found


def write(example: Example) -> dict[str, Any]:
    """Both sides as lists of turns, so that every row of a file has the same types."""
    if example.is_text:
        raise CannotWriteError("is a text without a request")
    row: dict[str, Any] = {
        "prompt": chat_turns(example.prompt, example.tools),
        "completion": chat_turns(example.messages[-1:], example.tools, example.prompt),
    }
    if example.tools:
        row["tools"] = list(example.tools)
    return row


def write_kto(example: Example) -> dict[str, Any]:
    """As ``write``, with the rating."""
    if example.rating is None:
        raise CannotWriteError("has no rating")
    return {**write(example), "label": example.rating}


FORMAT = Format(
    "prompt/completion", ("prompt", "completion", "system"), ("prompt", "completion"), read
)
KTO = Format(
    "kto",
    ("prompt", "completion", "label", "system"),
    ("prompt", "completion", "label"),
    read_kto,
    lambda fields: is_rating(fields.get("label")),
)
