"""What the columns of a file hold, and the Croissant fields that say so.

A list of objects (turns, tools) is a repeated field with one sub-field for each value in them, as
the Croissant 1.0 specification has it; declared as text, ``mlcroissant`` cannot load it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_TYPES = {str: "sc:Text", bool: "sc:Boolean", int: "sc:Float", float: "sc:Float"}


class Column(NamedTuple):
    """What stands under one name in every row that has it."""

    type: str = "sc:Text"
    many: bool = False
    """Whether it is a list."""
    parts: tuple[tuple[str, str], ...] = ()
    """Of objects, the path of each value inside and its type; empty for plain values."""


TURNS = Column(many=True, parts=(("role", "sc:Text"), ("content", "sc:Text")))


def columns_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Column]:
    """Every column that some row has, in the order first seen."""
    found: dict[str, Column] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                found[name] = _joined(found.get(name), _column(value))
    return found


def field(split: str, file: str, name: str, column: Column) -> dict[str, Any] | None:
    """A column as a ``cr:Field``; None for objects that hold no plain value to name."""
    source = {"fileObject": {"@id": file}, "extract": {"column": name}}
    made: dict[str, Any] = {"@type": "cr:Field", "@id": f"{split}/{name}", "name": name}
    made["description"] = f"What stands under '{name}'."
    if column.many:
        made["repeated"] = True
    if column.type:
        return {**made, "dataType": column.type, "source": source}
    made["subField"] = [
        {
            "@type": "cr:Field",
            "@id": f"{split}/{name}/{path}",
            "name": path,
            "description": f"'{path}' of what stands under '{name}'.",
            "dataType": kind,
            "source": {**source, "transform": {"jsonPath": path}},
        }
        for path, kind in column.parts
    ]
    return made if column.parts else None


def _column(value: Any) -> Column:
    if isinstance(value, dict):
        return Column("", parts=tuple(_parts(value)))
    if not isinstance(value, list):
        return Column(_TYPES.get(type(value), "sc:Text"))
    held: dict[str, str] = {}
    objects = [item for item in value if isinstance(item, dict)]
    for item in objects:
        held |= {path: kind for path, kind in _parts(item) if path not in held}
    return Column("" if objects else "sc:Text", many=True, parts=tuple(held.items()))


def _parts(item: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, str]]:
    """The plain values of an object, and those of the objects in it."""
    for name, value in item.items():
        if type(value) in _TYPES:
            yield before + name, _TYPES[type(value)]
        elif isinstance(value, dict) and not before:
            yield from _parts(value, f"{name}.")


def _joined(one: Column | None, two: Column) -> Column:
    if one is None or one == two:
        return two
    parts = dict(one.parts)
    parts |= {path: kind for path, kind in two.parts if path not in parts}
    return one._replace(parts=tuple(parts.items()))
