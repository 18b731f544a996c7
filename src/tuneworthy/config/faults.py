"""Turns validation errors into lines a person can act on, all at once."""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tuneworthy.config.yaml_file import place, place_of_key
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.secret_ref import OPEN_SECRET

M = TypeVar("M", bound=BaseModel)

Where = tuple[int | str, ...]

SHOWN = 80
"""The longest piece of a wrong value that a message repeats."""

_WORDS = {
    "string_type": "It must be text",
    "int_type": "It must be a whole number",
    "int_parsing": "It must be a whole number",
    "int_from_float": "It must be a whole number",
    "float_type": "It must be a number",
    "float_parsing": "It must be a number",
    "finite_number": "It must be a number",
    "bool_type": "It must be true or false",
    "bool_parsing": "It must be true or false",
    "tuple_type": "It must be a list",
    "missing": "It is missing",
    "model_type": "It must be a mapping of names to values",
    "dict_type": "It must be a mapping of names to values",
    "too_short": "It must have at least one entry",
    "string_too_short": "It must not be empty",
}


def build(
    model: type[M],
    values: dict[str, Any],
    path: Path | None,
    content: Any,
    *,
    spelled: Mapping[Where, str] | None = None,
    more: Sequence[str] = (),
    fix: str = "",
) -> M:
    """The typed model, or one ConfigProblem that lists every fault with its place.

    Args:
        model: The settings class.
        values: Plain values.
        path: The file they came from; None for values that a program handed over.
        content: The same values with positions.
        spelled: Settings that the file calls by another name than the model does.
        more: Faults that were found before.
        fix: What to do next, for files that ``config check`` does not read.
    """
    try:
        made = model.model_validate(values)
    except ValidationError as fault:
        lines = _lines(model, fault, path, content, spelled or {})
        raise listed(path, [*more, *lines], fix=fix) from fault
    if more:
        raise listed(path, more, fix=fix)
    return made


def faults_inside(
    model: type[BaseModel], values: Any, path: Path | None, content: Any, where: Where
) -> list[str]:
    """A line for each fault of values that stand inside a file; empty when there is none.

    Args:
        model: What the values must be.
        values: Plain values.
        path: The file.
        content: All of the file, with positions.
        where: The place of the values in it.
    """
    try:
        model.model_validate(values)
    except ValidationError as fault:
        return _lines(model, fault, path, content, {}, where)
    return []


def _lines(
    model: type[BaseModel],
    fault: ValidationError,
    path: Path | None,
    content: Any,
    spelled: Mapping[Where, str],
    outside: Where = (),
) -> list[str]:
    found = [error for error in fault.errors() if not _echo(error)]
    return [_line(model, error, path, content, spelled, outside) for error in found]


def listed(path: Path | None, lines: Sequence[str], *, fix: str = "") -> ConfigProblem:
    """One problem over all faults of a file, or of values that a program handed over."""
    count = len(lines)
    have = f"{path} has" if path is not None else "The values have"
    return ConfigProblem(
        "bad_settings",
        f"{have} {count} fault{'s' if count != 1 else ''}.\n" + "\n".join(lines),
        fix=fix or f"Mend {'them' if count != 1 else 'it'}, then: tuneworthy config check",
    )


def _echo(error: ErrorDetails) -> bool:
    """A list counts as too short also when its entries are at fault; those are told already."""
    return error["type"] == "too_short" and bool(error["input"])


def _line(
    model: type[BaseModel],
    error: ErrorDetails,
    path: Path | None,
    content: Any,
    spelled: Mapping[Where, str],
    outside: Where,
) -> str:
    known = tuple(step for step in error["loc"] if step != "[key]")
    where = outside + ((*known[:-1], spelled[known]) if known in spelled else known)
    name = shown(".".join(str(step) for step in where))
    if error["type"] == OPEN_SECRET:
        spot = "" if path is None else f"{place(path, content, where)}: "
        return f"  {spot}'{name}' is not shown, as it may be a secret. {must(error)}"
    if error["type"] in ("extra_forbidden", "string_pattern_mismatch"):
        spot = "" if path is None else f"{place_of_key(path, content, where)}: "
        names = [spelled.get((*known[:-1], n), n) for n in _names_at(model, known[:-1])]
        return f"  {spot}unknown setting '{name}'.{did_you_mean(str(where[-1]), names)}"
    spot = "" if path is None else f"{place(path, content, where)}: "
    if error["type"] == "missing":
        return f"  {spot}'{name}' is missing."
    return f"  {spot}'{name}' is {_said(error['input'])}. {must(error)}"


def must(error: ErrorDetails) -> str:
    """What a value must be, in the words of people."""
    if error["type"] in _WORDS:
        return _WORDS[error["type"]] + "."
    text = error["msg"].removeprefix("Value error, ").replace("Input should be", "It must be")
    near = ""
    if error["type"] in ("literal_error", "enum"):
        names = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        near = did_you_mean(str(error["input"])[:SHOWN], names)
    return f"{text}.{near}"


def _said(value: Any) -> str:
    try:
        return shown(repr(value))
    except ValueError:
        # Python refuses to write out an integer of thousands of digits.
        return "a number with thousands of digits"


def shown(text: str) -> str:
    """Text short enough for a message."""
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def did_you_mean(word: str, names: Collection[str]) -> str:
    """The nearest known name as a question, with a space before it; empty when none is near."""
    found = difflib.get_close_matches(word, list(names), 1, cutoff=0.5)
    return f" Did you mean '{found[0]}'?" if found else ""


def _names_at(model: type[BaseModel], where: Where) -> list[str]:
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
    return [field.alias or name for name, field in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        if (found := _model_in(argument)) is not None:
            return found
    return None
