"""OpenAI preference rows: ``input``, ``preferred_output``, ``non_preferred_output``.

Source: the "Direct preference optimization" guide of the OpenAI API.
"""

from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.formats import preference
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.turns import read_messages
from tuneworthy.data.values import RowError, name_of, parse_json


def read(fields: Fields) -> Parts:
    """The input's turns with the preferred answer, and the other one."""
    asks = fields.get("input")
    if isinstance(asks, str):
        asks = parse_json(asks, fields.path("input"))
    if not isinstance(asks, dict):
        reason = f"must be an object with messages, not {name_of(asks)}"
        raise RowError("bad_type", fields.path("input"), reason)
    prompt = read_messages(asks.get("messages"), f"{fields.path('input')}.messages")
    good, bad = (
        read_messages(fields.get(field), fields.path(field))
        for field in ("preferred_output", "non_preferred_output")
    )
    parts = preference.pair(prompt, good, bad, fields.path("non_preferred_output"))
    return parts._replace(tools=asks.get("tools"))


def write(example: Example) -> dict[str, Any]:
    """The prompt as ``input``, with the better and the worse answer."""
    row = preference.write(example)
    asks = {"messages": row["prompt"]}
    if "tools" in row:
        asks["tools"] = row["tools"]
    return {
        "input": asks,
        "preferred_output": row["chosen"],
        "non_preferred_output": row["rejected"],
    }


_KEYS = ("input", "preferred_output", "non_preferred_output")
FORMAT = Format("openai_preference", _KEYS, _KEYS, read)
