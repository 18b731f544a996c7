"""Any YAML or JSON file, or a mapping from a program, as a typed model: all faults at once."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from tuneworthy.config.faults import build, shown
from tuneworthy.config.text_file import read_text
from tuneworthy.config.yaml_file import parse_yaml, plain
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.methods.strict_json import no_constant

M = TypeVar("M", bound=BaseModel)

DEEPEST = 20
"""Levels of nesting beyond which values from a program are not looked at."""


def read_typed(
    model: type[M],
    path: Path,
    *,
    make: str,
    fix: str,
    refuse: Callable[[Mapping[str, Any]], None] | None = None,
) -> M:
    """The typed content of a YAML or JSON file.

    Args:
        model: What the file must hold.
        path: The file; one that ends in ``.json`` must be JSON.
        make: Where such a file comes from, for one that is missing or empty.
        fix: What to do about faults in its values.
        refuse: Looks at the values first, and raises for a file of another kind.

    Raises:
        ConfigProblem: Missing, empty, not UTF-8, half a file, a name twice, or wrong values, each
            with file:line:column where that is known.
    """
    text = read_text(path, make).removeprefix("\ufeff")
    if not text.strip():
        raise ConfigProblem("empty_settings", f"{path} is empty.", fix=make)
    if path.suffix.lower() == ".json" or _is_json(text):
        values, content = _read_json(text, path, make)
    else:
        content = parse_yaml(text, path, make=make)
        values = plain(content)
    if refuse is not None:
        refuse(values)
    return build(model, values, path, content, fix=fix)


def check_typed(model: type[M], values: object, *, what: str, fix: str) -> M:
    """The typed form of values that a program handed over; they are read, never changed.

    Args:
        model: What they must be.
        values: A mapping; ``what`` names it in the message.
        what: ``the answers`` and the like.
        fix: What to do about faults.

    Raises:
        ConfigProblem: It is no mapping, or with every fault in it.
    """
    if not isinstance(values, Mapping):
        raise ConfigProblem(
            "bad_settings",
            f"{what[:1].upper()}{what[1:]} must be a mapping of names to values, "
            f"not {type(values).__name__}.",
            fix=fix,
        )
    return build(model, _unfolded(values, what, DEEPEST), None, None, fix=fix)


def _unfolded(value: Any, what: str, deeper: int) -> Any:
    """Plain dicts and lists all the way down; scalars as they are, so that their type is judged."""
    if deeper == 0:
        raise ConfigProblem(
            "bad_settings",
            f"A value in {what} is nested too deeply.",
            why=f"No setting is more than {DEEPEST} levels deep.",
            fix="Flatten it.",
        )
    if isinstance(value, Mapping):
        return {str(key): _unfolded(item, what, deeper - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_unfolded(item, what, deeper - 1) for item in value]
    return value


def _is_json(text: str) -> bool:
    """Whether the text is JSON beyond doubt; YAML reads most JSON, but no tabs."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _read_json(text: str, path: Path, make: str) -> tuple[dict[str, Any], Any]:
    """The values, and the same values with places."""
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(name for name, _ in found)
        twice.extend(name for name, count in counts.items() if count > 1)
        return dict(found)

    try:
        values = json.loads(text, object_pairs_hook=pairs, parse_constant=no_constant)
    except json.JSONDecodeError as fault:
        raise ConfigProblem(
            "bad_json",
            f"{path}:{fault.lineno}:{fault.colno} is not JSON.",
            why=f"{fault.msg}.",
            fix=f"Open {path} at that line; look for a missing comma, quote or bracket.",
        ) from fault
    except RecursionError as fault:
        raise ConfigProblem(
            "bad_json",
            f"{path} is nested too deeply, or is not JSON.",
            why="No setting is more than a few levels deep.",
            fix="Flatten it; look for brackets that are opened and never closed.",
        ) from fault
    except ValueError as fault:
        raise ConfigProblem(
            "bad_json",
            f"{path} is not JSON.",
            why=f"It cannot be read: {fault}.",
            fix=f"Open {path}; look for a number that JSON does not have.",
        ) from fault
    try:
        # A tab inside a JSON text is always written \t, so the places stay what they are.
        content: Any = parse_yaml(text.replace("\t", " "), path, make=make)
    except ConfigProblem as fault:
        if twice or not isinstance(values, dict):
            raise
        if fault.code != "bad_yaml":
            raise
        # JSON that YAML cannot read, such as a name of over a thousand letters: no places then.
        content = None
    if twice:
        raise ConfigProblem(
            "bad_json", f"{path}: '{shown(twice[0])}' stands there twice.", fix="Take one out."
        )
    return values, content
