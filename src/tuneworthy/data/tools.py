"""Function declarations and accepted answers of a row."""

from typing import Any

from tuneworthy.data.values import RowError, is_blank, name_of, parse_json


def read_tools(value: Any, path: str) -> tuple[dict[str, Any], ...]:
    """Declarations in the OpenAI shape, from that shape or from bare functions.

    Raises RowError with the path of the first fault.
    """
    if is_blank(value):
        return ()
    if isinstance(value, str):
        value = parse_json(value, path)
        if value is None:
            return ()
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise RowError("bad_tools", path, f"must be a list of functions, not {name_of(value)}")
    return tuple(_tool(item, f"{path}[{i}]") for i, item in enumerate(value))


def _tool(item: Any, path: str) -> dict[str, Any]:
    if isinstance(item, dict) and isinstance(item.get("function"), dict):
        path, item = f"{path}.function", item["function"]
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not item["name"]:
        raise RowError("bad_tools", path, "must be a function with a name")
    if not isinstance(item.get("parameters", {}), dict):
        raise RowError("bad_tools", f"{path}.parameters", "must be a JSON Schema object")
    return {"type": "function", "function": item}


def read_accepted(value: Any, path: str) -> dict[str, Any] | None:
    """What a metric may accept beside the target. Raises RowError."""
    if is_blank(value):
        return None
    if isinstance(value, str):
        value = parse_json(value, path)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise RowError("bad_accepted", path, f"must be an object, not {name_of(value)}")
    return value
