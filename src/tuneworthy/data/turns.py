"""Turns of a conversation, in the OpenAI chat shape and its older forms."""

import json
from typing import Any

from tuneworthy.core.nouns.example import Message, RoleName
from tuneworthy.data.values import RowError, name_of, parse_json, text_of

_ROLES: dict[str, RoleName] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


def read_messages(value: Any, path: str) -> tuple[Message, ...]:
    """The turns of a ``messages`` list. Raises RowError with the path of the first fault."""
    if isinstance(value, str):
        value = parse_json(value, path)
    if not isinstance(value, list):
        raise RowError("bad_type", path, f"must be a list of turns, not {name_of(value)}")
    if not value:
        raise RowError("no_messages", path, "holds no turns")
    return tuple(_message(item, f"{path}[{i}]") for i, item in enumerate(value))


def read_turn(role: RoleName, value: Any, path: str) -> Message:
    """One turn from one field's value."""
    return Message(role=role, content=text_of(value, path))


def _message(item: Any, path: str) -> Message:
    if not isinstance(item, dict):
        raise RowError("bad_type", path, f"must be an object, not {name_of(item)}")
    said = item.get("role")
    role = _ROLES.get(said) if isinstance(said, str) else None
    if role is None:
        known = "system, user, assistant or tool"
        raise RowError("bad_role", f"{path}.role", f"must be {known}, not {said!r:.40}")
    text = _content(item.get("content"), f"{path}.content", optional=role == "assistant")
    calls = _calls(item, path)
    return Message(role=role, content="\n".join(part for part in (text, calls) if part))


def _content(value: Any, path: str, *, optional: bool) -> str:
    if value is None and optional:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_part(part, f"{path}[{i}]") for i, part in enumerate(value))
    raise RowError("bad_type", path, f"must be text, not {name_of(value)}")


def _part(value: Any, path: str) -> str:
    if isinstance(value, dict) and value.get("type") == "text":
        text = value.get("text")
        if isinstance(text, str):
            return text
    raise RowError("bad_type", path, "must be a text part; pictures and sound are not read")


def _calls(item: dict[str, Any], path: str) -> str:
    """Tool calls as JSON text: one call as an object, several as a list."""
    found: list[Any] = []
    calls = item.get("tool_calls")
    if calls is not None:
        if not isinstance(calls, list):
            raise RowError("bad_type", f"{path}.tool_calls", "must be a list")
        for i, call in enumerate(calls):
            inner = call.get("function") if isinstance(call, dict) else None
            found.append(_call(inner, f"{path}.tool_calls[{i}].function"))
    if item.get("function_call") is not None:
        found.append(_call(item["function_call"], f"{path}.function_call"))
    if not found:
        return ""
    return json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False)


def _call(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise RowError("bad_type", path, "must be an object with a name and arguments")
    arguments = value.get("arguments", {})
    if isinstance(arguments, str):
        arguments = parse_json(arguments or "{}", f"{path}.arguments")
    return {"name": value["name"], "arguments": arguments}
