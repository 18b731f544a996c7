"""Files that a judge reads: pairs or answers as JSON Lines, and the criteria of a rubric."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tuneworthy.config.case_file import file_text
from tuneworthy.config.faults import listed, must, shown
from tuneworthy.config.typed_file import read_typed
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.judging import Criteria, JudgedAnswer, JudgedPair

Rows = list[JudgedPair] | list[JudgedAnswer]

MOST_FAULTS = 20
_FIX = (
    'One JSON object a line: {"id": "1", "request": "...", "a": "...", "b": "..."}, or with '
    '"answer" in the place of "a" and "b".'
)


def read_criteria(path: Path) -> Criteria:
    """The criteria in a YAML or JSON file. Raises ConfigProblem with every fault."""
    make = "Write 'criteria:', each with 'name:', 'asks:' and 'anchors: {1: worst, ..., 5: best}'."
    return read_typed(Criteria, path, make=make, fix=make)


def read_judged(path: Path) -> Rows:
    """The pairs of a file, or its answers; the first line says which.

    Raises:
        ConfigProblem: The file cannot be read, or with each fault's line.
    """
    rows: list[Any] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    shape: type[JudgedPair] | type[JudgedAnswer] | None = None
    for number, line in enumerate(file_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = _object(line)
            shape = shape or (JudgedAnswer if "answer" in values else JudgedPair)
            row = shape.model_validate(values)
        except ValueError as fault:
            faults.append(f"  {path}:{number}: {_told(fault)}")
            continue
        if row.id in seen:
            faults.append(f"  {path}:{number}: id '{shown(row.id)}' is that of line {seen[row.id]}")
        seen.setdefault(row.id, number)
        rows.append(row)
    if not rows and not faults:
        faults.append(f"  {path}:1: nothing to judge stands in it")
    if faults:
        more = [f"  ... and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise listed(path, [*faults[:MOST_FAULTS], *more], fix=_FIX)
    return rows


def bad_scores(path: Path, answers: list[JudgedAnswer], criteria: Criteria) -> ConfigProblem | None:
    """What is wrong with people's scores under these criteria; None where they fit."""
    highest = {one.name: one.highest for one in criteria.criteria}
    faults = [
        f"  {path}: '{shown(answer.id)}': {name}: {given}; "
        + (f"scores go from 1 to {highest[name]}" if name in highest else "no such criterion")
        for answer in answers
        for name, scores in answer.scores.items()
        for given in scores
        if not 1 <= given <= highest.get(name, 0)
    ]
    return (
        listed(path, faults[:MOST_FAULTS], fix="Score by the criteria's file.") if faults else None
    )


def _object(line: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(values, dict):
        raise ValueError("it must be an object")
    if isinstance(values.get("id"), int) and not isinstance(values["id"], bool):
        values["id"] = str(values["id"])
    return values


def _told(fault: ValueError) -> str:
    if not isinstance(fault, ValidationError):
        return str(fault)
    error = fault.errors()[0]
    where = shown(".".join(str(step) for step in error["loc"]))
    return f"'{where}': {must(error)}"
