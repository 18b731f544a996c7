"""Tool calls in the target against the functions that the row declares.

JSON Schema, draft 2020-12. Schemas of other origins write some types in their own way (``dict``,
``float``, ``any``, ``tuple``, as the Berkeley function-calling sets do); these are understood.
"""

import json
import re
from functools import lru_cache
from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.patterns import compiled
from tuneworthy.methods.schema_check import checker

_TYPES = {
    "dict": "object", "hashmap": "object", "float": "number", "double": "number", "long": "integer",
    "int": "integer", "byte": "integer", "short": "integer", "str": "string", "char": "string",
    "bool": "boolean", "tuple": "array", "list": "array", "arraylist": "array", "any": None,
}  # fmt: skip
_LEFT_OUT = ("$dynamicRef", "$id", "$schema", "format")
"""Keywords that are not followed; a property may have such a name.

``$ref`` is followed inside the declaration; one that points elsewhere is a fault of it.
"""


def fails(example: Example) -> bool:
    """The target calls a function that is not declared, or with arguments it does not take."""
    if not example.tools:
        return False
    declared = {tool["function"]["name"]: tool["function"] for tool in example.tools}
    said = [turn.content for turn in example.messages if turn.role == "assistant"]
    return any(not _fits(call, declared) for text in said for call in _said_calls(text))


def undeclared(example: Example) -> bool:
    """A turn is a call, the row declares no functions, and nothing before names this one."""
    if example.tools:
        return False
    before = ""
    for turn in example.messages:
        if turn.role == "assistant":
            calls = [call for call in _said_calls(turn.content) if "arguments" in call]
            if any(not _named(call["name"], before) for call in calls):
                return True
        before += f"\n{turn.content}"
    return False


def _named(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _said_calls(text: str) -> list[dict[str, Any]]:
    """The calls that a turn is, or that stand on the line after what it says."""
    return calls_of(text) or calls_of(text.rpartition("\n")[2])


def calls_of(target: str) -> list[dict[str, Any]]:
    """The tool calls that a target is: ``{"name", "arguments"}`` objects; none for other text."""
    text = target.strip()
    if not text.startswith(("{", "[")):
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    calls = value if isinstance(value, list) else [value]
    shaped = [
        call for call in calls if isinstance(call, dict) and isinstance(call.get("name"), str)
    ]
    return shaped if len(shaped) == len(calls) else []


def _fits(call: dict[str, Any], declared: dict[str, dict[str, Any]]) -> bool:
    function = declared.get(call["name"])
    arguments = call.get("arguments", call.get("parameters", {}))
    if function is None or not isinstance(arguments, dict):
        return False
    schema = function.get("parameters") or {}
    properties = schema.get("properties", arguments)
    if not isinstance(properties, dict):
        return False
    if not arguments.keys() <= properties.keys():
        return schema.get("additionalProperties") not in (None, False)
    try:
        return bool(_validator(json.dumps(schema, sort_keys=True)).is_valid(arguments))
    except (ValueError, TypeError, RecursionError, ArithmeticError):
        return False


@lru_cache(maxsize=4096)
def _validator(schema: str) -> Any:
    """Raises ValueError when the declaration itself is no JSON Schema."""
    return checker(_plain(json.loads(schema)))


def _plain(value: Any) -> Any:
    """The schema with the names of types that the standard knows.

    Without patterns that RE2 does not have: they are not checked.
    """
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {
        name: _plain(item)
        for name, item in value.items()
        if name not in _LEFT_OUT or not isinstance(item, str)
    }
    if isinstance(plain.get("pattern"), str) and not _readable(plain["pattern"]):
        del plain["pattern"]
    named = plain.get("patternProperties")
    if isinstance(named, dict):
        plain["patternProperties"] = {name: named[name] for name in named if _readable(name)}
    kind = plain.get("type")
    if isinstance(kind, str):
        known = _TYPES.get(kind.lower(), kind.lower())
        if known is None:
            del plain["type"]
        else:
            plain["type"] = known
    if plain.get("required") in (True, False) or plain.get("optional") in (True, False):
        plain.pop("required", None)
    return plain


def _readable(pattern: str) -> bool:
    try:
        compiled(pattern)
    except ValueError:
        return False
    return True


UNDECLARED = RowCheck(
    "undeclared_call",
    "warning",
    "The row calls a function that nothing in it declares.",
    "Put the function under tools, unless the model is to know it by heart.",
    undeclared,
)
CHECK = RowCheck(
    "tool_schema",
    "block",
    "The target calls a function that is not declared, or with arguments it does not take.",
    "Mend the call, or the declaration under tools.",
    fails,
)
