"""Turns of a conversation: in the OpenAI chat shape with its older forms, and as ShareGPT has them.

Tool calls become the turn's text: one call as a JSON object with ``name`` and ``arguments``,
several as a list. ``weight`` (OpenAI) and ``train`` (Axolotl) say which answers are to be learned:
what stands behind the last of them is left out, since only a last turn is a target.
"""

import json
from typing import Any

from tuneworthy.core.nouns.example import Message, RoleName
from tuneworthy.data.values import RowError, name_of, parse_json, text_of

_ROLES: dict[str, RoleName] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "function_response": "tool",
    "observation": "tool",
}


def read_messages(value: Any, path: str) -> tuple[Message, ...]:
    """The turns of a list. Raises RowError with the path of the first fault."""
    if isinstance(value, str):
        value = parse_json(value, path)
    if not isinstance(value, list):
        raise RowError("bad_type", path, f"must be a list of turns, not {name_of(value)}")
    if not value:
        raise RowError("no_messages", path, "holds no turns")
    turns = tuple(read_message(item, f"{path}[{i}]") for i, item in enumerate(value))
    return turns[: _end(value, path)]


def read_turn(role: RoleName, value: Any, path: str) -> Message:
    """One turn from one field's value."""
    return Message(role=role, content=text_of(value, path))


def read_message(item: Any, path: str) -> Message:
    """One turn, from ``role`` and ``content`` or ``from`` and ``value``."""
    if not isinstance(item, dict):
        raise RowError("bad_type", path, f"must be an object, not {name_of(item)}")
    of, holds = ("role", "content") if "role" in item or "from" not in item else ("from", "value")
    said = item.get(of)
    role = _ROLES.get(said) if isinstance(said, str) else None
    if role is None:
        known = "system, user, assistant or tool"
        raise RowError("bad_role", f"{path}.{of}", f"must be {known}, not {said!r:.40}")
    text = _content(item.get(holds), f"{path}.{holds}", optional=role == "assistant")
    calls = _calls(item, path)
    return Message(role=role, content="\n".join(part for part in (text, calls) if part))


def calls_text(calls: list[dict[str, Any]]) -> str:
    """Tool calls as a turn's text."""
    if not calls:
        return ""
    return json.dumps(calls[0] if len(calls) == 1 else calls, ensure_ascii=False)


def read_call(value: Any, path: str) -> dict[str, Any]:
    """A call's ``name`` and ``arguments``; arguments may be JSON text."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise RowError("bad_type", path, "must be an object with a name and arguments")
    arguments = value.get("arguments", {})
    if isinstance(arguments, str):
        arguments = parse_json(arguments or "{}", f"{path}.arguments")
    return {"name": value["name"], "arguments": arguments}


def _end(items: list[Any], path: str) -> int:
    """How many turns are kept, up to the last answer that is to be learned."""
    weights = [_weight(item, f"{path}[{i}]") for i, item in enumerate(items)]
    if weights[-1] is not False:
        return len(items)
    for at in range(len(items) - 1, -1, -1):
        if weights[at]:
            return at + 1
    raise RowError("no_target", path, "every answer has weight 0: there is nothing to learn")


def _weight(item: dict[str, Any], path: str) -> bool | None:
    """Whether an answer is to be learned; None for the turns of others."""
    said = item.get("role", item.get("from"))
    if _ROLES.get(said if isinstance(said, str) else "") != "assistant":
        return None
    for name in ("weight", "train"):
        weight = item.get(name)
        if weight is not None:
            if weight not in (0, 1):
                raise RowError("bad_type", f"{path}.{name}", "must be 0 or 1")
            return bool(weight)
    return True


def _content(value: Any, path: str, *, optional: bool) -> str:
    if value is None and optional:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_part(part, f"{path}[{i}]") for i, part in enumerate(value))
    raise RowError("bad_type", path, f"must be text, not {name_of(value)}")


def _part(value: Any, path: str) -> str:
    if isinstance(value, dict) and value.get("type") in ("text", "input_text", "output_text"):
        text = value.get("text")
        if isinstance(text, str):
            return text
    raise RowError("bad_type", path, "must be a text part; pictures and sound are not read")


def _calls(item: dict[str, Any], path: str) -> str:
    found: list[dict[str, Any]] = []
    calls = item.get("tool_calls")
    if calls is not None:
        if not isinstance(calls, list):
            raise RowError("bad_type", f"{path}.tool_calls", "must be a list")
        for i, call in enumerate(calls):
            inner = call.get("function", call) if isinstance(call, dict) else None
            found.append(read_call(inner, f"{path}.tool_calls[{i}].function"))
    if item.get("function_call") is not None:
        found.append(read_call(item["function_call"], f"{path}.function_call"))
    return calls_text(found)
