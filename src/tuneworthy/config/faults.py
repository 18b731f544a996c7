"""Turns validation errors into lines a person can act on, all at once."""

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tuneworthy.config.yaml_file import place, place_of_key
from tuneworthy.core.errors import ConfigProblem

M = TypeVar("M", bound=BaseModel)


def build(model: type[M], values: dict[str, Any], path: Path, content: Any, *, base: int = 0) -> M:
    """The typed model, or one ConfigProblem that lists every fault with its place.

    Args:
        model: The settings class.
        values: Plain values.
        path: The file they came from.
        content: The same values with positions.
        base: How many leading steps of an error's place to drop (0 for the whole file).
    """
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        lines = [_line(model, error, path, content, base) for error in fault.errors()]
        count = len(lines)
        raise ConfigProblem(
            "bad_settings",
            f"{path} has {count} fault{'s' if count != 1 else ''}.\n" + "\n".join(lines),
            fix=f"Mend {'them' if count != 1 else 'it'}, then: tuneworthy config check",
        ) from fault


def _line(model: type[BaseModel], error: ErrorDetails, path: Path, content: Any, base: int) -> str:
    where = tuple(error["loc"])[base:]
    name = ".".join(str(step) for step in where)
    if error["type"] == "extra_forbidden":
        spot = place_of_key(path, content, where)
        near = _nearest(str(where[-1]), _names_at(model, where[:-1]))
        return f"  {spot}: unknown setting '{name}'." + (f" Did you mean '{near}'?" if near else "")
    if error["type"] == "missing":
        return f"  {place(path, content, where)}: '{name}' is missing."
    text = error["msg"].removeprefix("Value error, ")
    return f"  {place(path, content, where)}: '{name}' is {error['input']!r}. {text}."


def _nearest(word: str, names: list[str]) -> str:
    found = difflib.get_close_matches(word, names, 1, cutoff=0.5)
    return found[0] if found else ""


def _names_at(model: type[BaseModel], where: tuple[Any, ...]) -> list[str]:
    """The setting names that are allowed at a place inside the model."""
    current = model
    for step in where:
        if isinstance(step, int):
            continue
        field = current.model_fields.get(str(step))
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            return []
        current = inner
    return list(current.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        if (found := _model_in(argument)) is not None:
            return found
    return None
