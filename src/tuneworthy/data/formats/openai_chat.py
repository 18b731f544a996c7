"""OpenAI chat rows: ``messages`` and ``tools``, for fine-tuning and for chat templates.

Source: the "Supervised fine-tuning" guide and the chat-completions reference of the OpenAI API.
"""

from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.formats.chat_turns import chat_turns
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.turns import read_messages


def read(fields: Fields) -> Parts:
    """The turns as they stand."""
    return Parts(read_messages(fields.get("messages"), fields.path("messages")))


def write(example: Example) -> dict[str, Any]:
    """Turns with their calls; ``tools`` where the row declares some."""
    row: dict[str, Any] = {"messages": chat_turns(example.messages, example.tools)}
    if example.tools:
        row["tools"] = list(example.tools)
    return row


FORMAT = Format("messages", ("messages",), ("messages",), read)
