"""Plain values as YAML. Text stands in double quotes, as YAML 1.2 section 7.3.1 has them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def yaml_text(config: Mapping[str, Any]) -> str:
    """A mapping of plain values, mappings and lists, in its own order."""
    return "\n".join(_lines(config, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, Mapping | list):
                yield f"{indent}{name}:"
                yield from _lines(inner, indent + "  ")
            else:
                yield f"{indent}{name}: {_scalar(inner)}"
        return
    for item in value:
        if isinstance(item, Mapping):
            first, *rest = _lines(item, "")
            yield f"{indent}- {first}"
            yield from (f"{indent}  {line}" for line in rest)
        else:
            yield f"{indent}- {_scalar(item)}"


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        # YAML 1.1 reads 1e-05 as text: a number needs a point.
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return yaml_string(value) if isinstance(value, str) else json.dumps(value)


def yaml_string(text: str) -> str:
    """Text as a YAML scalar in double quotes.

    JSON's spelling would not do: YAML does not join the halves of a surrogate pair.
    """
    return '"' + "".join(map(_spelled, text)) + '"'


def _spelled(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
