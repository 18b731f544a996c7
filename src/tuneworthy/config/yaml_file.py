"""YAML with places: every value knows its line and column, every fault names them."""

import re
import warnings
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError

from tuneworthy.config.text_file import read_text
from tuneworthy.core.errors import ConfigProblem

# What the parser lets through when a scalar looks like a date or a number and is none.
_PARSER_FAULTS = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    NotImplementedError,
)

MAX_VALUES = 100_000
"""More values than this, aliases written out, come from a trap rather than a person."""


def read_yaml(path: Path, *, make: str, may_be_empty: bool = False) -> CommentedMap:
    """The mapping in a YAML file, with positions.

    Args:
        path: The file.
        make: What to type when it is missing.
        may_be_empty: A file with nothing in it, or comments alone, is an empty mapping.

    Raises:
        ConfigProblem: Missing, unreadable, not UTF-8, not YAML, or not a mapping.
    """
    return parse_yaml(read_text(path, make), path, make=make, may_be_empty=may_be_empty)


def parse_yaml(text: str, path: Path, *, make: str, may_be_empty: bool = False) -> CommentedMap:
    """The mapping in ``text``, which was read from ``path``. Raises ConfigProblem."""
    parser = YAML(typ="rt")
    try:
        with warnings.catch_warnings():
            # An anchor used twice is odd but readable; the later one counts.
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            content = parser.load(text)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        if isinstance(fault, DuplicateKeyError):
            raise _repeated(place, fault) from fault
        raise ConfigProblem(
            "bad_yaml",
            f"{place} is not YAML.",
            why=(fault.problem or "it cannot be parsed") + ".",
            fix=f"Open {path} at that line; look for a missing colon, quote or indent.",
        ) from fault
    except RecursionError as fault:
        raise ConfigProblem(
            "bad_yaml",
            f"{path} is nested too deeply.",
            why="No setting is more than a few levels deep.",
            fix="Flatten it; look for brackets that are opened and never closed.",
        ) from fault
    except (YAMLError, *_PARSER_FAULTS) as fault:
        why = (str(fault).splitlines() or [type(fault).__name__])[0]
        raise ConfigProblem(
            "bad_yaml",
            f"{path} is not YAML.",
            why=f"It cannot be parsed: {why}",
            fix=f"Open {path}; look for a date, number or control character that cannot be.",
        ) from fault
    if content is None and may_be_empty:
        content = CommentedMap()
    if not isinstance(content, CommentedMap):
        raise ConfigProblem(
            "bad_yaml",
            f"{path} holds no settings.",
            why="The file must be a mapping of names to values.",
            fix=make,
        )
    _check_size(path, content)
    return content


def _repeated(place: str, fault: DuplicateKeyError) -> ConfigProblem:
    named = re.search(r'key "(.*?)"', str(fault.problem))
    return ConfigProblem(
        "bad_yaml",
        f"{place}: '{named[1][:80] if named else 'a name'}' stands there twice.",
        why="Two values for one name: nobody can say which of them is meant.",
        fix="Take one of the two out.",
    )


def _check_size(path: Path, content: CommentedMap) -> None:
    """Refuse what aliases blow up to more than anybody would write."""
    count, waiting = 0, list[Any]([content])
    while waiting:
        node = waiting.pop()
        count += 1
        if count > MAX_VALUES:
            raise ConfigProblem(
                "bad_yaml",
                f"{path} holds more than {MAX_VALUES} values.",
                why="An alias (*name) in it repeats too much.",
                fix="Write the values out.",
            )
        if isinstance(node, dict):
            waiting += node.values()
        elif isinstance(node, list | tuple):
            waiting += node


def place(path: Path, content: Any, where: tuple[Any, ...]) -> str:
    """``file:line:column`` of the value (or, for an unknown name, the name) at ``where``."""
    line, column = _start(content)
    node = content
    for step in where:
        try:
            if isinstance(node, CommentedMap) and step in node:
                line, column = node.lc.value(step)
                node = node[step]
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line, column = node.lc.item(step)
                node = node[step]
            else:
                break
        except (KeyError, TypeError, AttributeError):
            break
    return f"{path}:{line + 1}:{column + 1}"


def _start(content: Any) -> tuple[int, int]:
    """Where a mapping begins; the first line when that is not known."""
    found = getattr(content, "lc", None)
    return (found.line or 0, found.col or 0) if found is not None else (0, 0)


def place_of_key(path: Path, content: Any, where: tuple[Any, ...]) -> str:
    """``file:line:column`` of the name itself rather than its value."""
    node = content
    for step in where[:-1]:
        try:
            node = node[step]
        except (KeyError, TypeError, IndexError):
            return place(path, content, where)
    if isinstance(node, CommentedMap) and where and where[-1] in node:
        try:
            line, column = node.lc.key(where[-1])
        except (KeyError, TypeError, AttributeError):
            # A key that came by a merge (<<) has no place of its own.
            return place(path, content, where[:-1])
        return f"{path}:{line + 1}:{column + 1}"
    return place(path, content, where)


def plain(value: Any) -> Any:
    """The same content in plain dicts, lists and scalars."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return str(value)
