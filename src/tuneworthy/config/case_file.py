"""Files of evaluation cases: JSON Lines, one case a line, every fault with its line and column."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuneworthy.config.faults import build, shown
from tuneworthy.config.text_file import coding_of, require_file
from tuneworthy.config.yaml_file import parse_yaml
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.suite import Case
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.methods.strict_json import strict_json

MAX_BYTES = 200_000_000
"""A larger file is no file of cases: every model under judgement is asked each of them."""

_FIX = 'One JSON object a line, such as: {"id": "1", "request": "...", "expected": "..."}'


class ReadCases(NamedTuple):
    """The good cases of a file and a line for each fault, in the order of the file."""

    cases: tuple[Case, ...]
    faults: tuple[str, ...]


def read_cases(path: Path, lacks: Callable[[Case], str]) -> ReadCases:
    """The cases of a file; a case that repeats another one is a fault.

    Args:
        path: The file.
        lacks: What the metric needs and a case does not hold; empty when nothing is missing.

    Raises:
        ConfigProblem: The file as a whole cannot be read.
    """
    cases: list[Case] = []
    faults: list[str] = []
    seen = _Seen(path)
    for number, line in enumerate(file_text(path).split("\n"), 1):
        if not line.strip():
            continue
        made, found = _case(path, number, line)
        faults += found
        if made is not None:
            faults += seen.twice(made, number)
            if missing := lacks(made):
                faults.append(f"  {path}:{number}:1: '{shown(made.id)}': {missing}.")
            cases.append(made)
    if not cases and not faults:
        faults.append(f"  {path}:1:1: there is no case in it. {_FIX}")
    return ReadCases(tuple(cases), tuple(faults))


class _Seen:
    """Where each id and each question was met first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids: dict[str, int] = {}
        self._said: dict[str, int] = {}

    def twice(self, case: Case, number: int) -> list[str]:
        first = self._ids.setdefault(case.id, number)
        said = digest(case.model_dump(exclude={"id", "segment", "group"}))
        same = self._said.setdefault(said, number)
        spot = f"  {self._path}:{number}:1:"
        if first != number:
            return [f"{spot} the id '{shown(case.id)}' stands in line {first} too."]
        if same != number:
            return [f"{spot} '{shown(case.id)}' asks and expects the same as line {same}."]
        return []


def file_text(path: Path) -> str:
    """The text of a file of rows. Raises ConfigProblem."""
    require_file(path, "Name a file that is there.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise ConfigProblem(
            "unreadable", f"{path} cannot be read: {fault.strerror}.", fix="Is it the right file?"
        ) from fault
    if len(data) > MAX_BYTES:
        raise ConfigProblem(
            "too_large",
            f"{path} is larger than {MAX_BYTES} bytes.",
            why="Every model under judgement is asked each of its cases.",
            fix="Take a sample of it.",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise ConfigProblem(
            "not_utf8",
            f"{path} is {coding_of(data).upper()}, not UTF-8 (byte {fault.start}).",
            fix="Save it again as UTF-8.",
        ) from fault
    return text.removeprefix("\ufeff")


def _case(path: Path, number: int, line: str) -> tuple[Case | None, Sequence[str]]:
    spot = f"{path}:{number}"
    try:
        values = strict_json(line)
    except json.JSONDecodeError as fault:
        return None, [f"  {spot}:{fault.colno}: it is not JSON. {fault.msg}."]
    except RecursionError:
        return None, [f"  {spot}:1: it is nested too deeply."]
    except ValueError as fault:
        return None, [f"  {spot}:1: it is not JSON. {fault}."]
    if not isinstance(values, dict):
        return None, [f"  {spot}:1: it must be an object. {_FIX}"]
    try:
        made = build(Case, {"expected": "", **values}, path, None)
    except ConfigProblem:
        return None, _faults(path, number, line, values)
    if not made.id.strip():
        return None, [f"  {spot}:1: 'id' is empty."]
    if not made.request.strip():
        return None, [f"  {spot}:1: 'request' of '{shown(made.id)}' is empty."]
    try:
        canonical(made)
    except ValueError as fault:
        return None, [f"  {spot}:1: it cannot be kept: {fault}."]
    return made, []


def _faults(path: Path, number: int, line: str, values: dict[str, Any]) -> list[str]:
    """The faults of one line, each at its column; looked for only when there are any."""
    try:
        # The empty lines before it put the places where they are in the file.
        content: Any = parse_yaml("\n" * (number - 1) + line.replace("\t", " "), path, make=_FIX)
    except ConfigProblem:
        content = None
    try:
        build(Case, {"expected": "", **values}, path, content)
    except ConfigProblem as fault:
        lines = fault.message.split("\n")[1:]
        if content is None:
            return [text.replace(f"{path}:1:1:", f"{path}:{number}:1:", 1) for text in lines]
        return lines
    return []
