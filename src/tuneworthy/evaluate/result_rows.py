"""A file of results: one JSON object a line, with an id and numbers, read without guessing.

Beside ``id`` a line may have ``segment`` and ``group``; every other field that holds a number is
one that two files can be compared by.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuneworthy.core.errors import DataProblem

_LARGEST = 1e100
"""Beyond it sums of squares are no numbers any more."""
_SHOWN = 5


@dataclass(frozen=True)
class ResultRow:
    """One case of one arm; ``values`` are the line's other fields as they stand."""

    id: str
    segment: str
    group: str
    values: Mapping[str, Any]
    place: str
    """``file:line``, or what a person would look it up by."""


@dataclass(frozen=True)
class Results:
    """The results of one arm, by id in the order of the file."""

    name: str
    rows: Mapping[str, ResultRow]

    def column(self, metric: str) -> dict[str, float]:
        """The number of every case.

        Raises:
            DataProblem: A case has none, or what stands there is no finite number.
        """
        faults = []
        numbers = {}
        for row in self.rows.values():
            fault = _fault(row.values, metric)
            if fault:
                faults.append(f"{row.place}: {fault}")
            else:
                numbers[row.id] = float(row.values[metric])
        if faults:
            raise self._refused(metric, faults)
        return numbers

    def _refused(self, metric: str, faults: list[str]) -> DataProblem:
        if not any(metric in row.values for row in self.rows.values()):
            there = sorted(
                {
                    name
                    for row in self.rows.values()
                    for name in row.values
                    if not _fault(row.values, name)
                }
            )
            return DataProblem(
                "no_such_metric",
                f"{self.name} has no field '{metric}'.",
                why=f"Fields with numbers: {', '.join(there[:20])}." if there else "It has none.",
                fix=f"--metric {there[0]}" if there else "Write a number for each case.",
            )
        return DataProblem(
            "scores_wrong",
            f"{len(faults):,} of {len(self.rows):,} cases of {self.name} have no usable "
            f"'{metric}'.",
            why=_some(faults),
            fix="Write a finite number for each case; one that failed scores 0, and is not left "
            "out.",
        )


def read_results(name: str, data: bytes) -> Results:
    """The results in a file's bytes; ``name`` is what the file is called in messages.

    Raises:
        DataProblem: The file is empty, no text, or has lines that are no results; an id is doubled.
    """
    rows: dict[str, ResultRow] = {}
    faults = []
    for number, line in _lines(name, data):
        place = f"{name}:{number}"
        try:
            row = _row(line, place)
        except ValueError as fault:
            faults.append(f"{place}: {fault}")
            continue
        if row.id in rows:
            faults.append(f"{place}: id {row.id!r} stands at {rows[row.id].place} already")
        rows[row.id] = row
    if faults:
        raise DataProblem(
            "results_unreadable",
            f"{len(faults):,} lines of {name} are no results.",
            why=_some(faults),
            fix='Each line is one case, once: {"id": "a1", "score": 1}.',
        )
    if not rows:
        raise DataProblem(
            "results_empty",
            f"{name} holds no results.",
            fix='Each line is one case: {"id": "a1", "score": 1}.',
        )
    return Results(name, rows)


def _lines(name: str, data: bytes) -> Iterator[tuple[int, str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataProblem(
            "results_unreadable",
            f"{name} is not UTF-8 text.",
            why=f"Byte {fault.start + 1} is not.",
            fix="Save it as UTF-8, one JSON object a line.",
        ) from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _row(line: str, place: str) -> ResultRow:
    try:
        found = json.loads(line, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except _Twice as fault:
        raise ValueError(str(fault)) from None
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return ResultRow(
        id=_label(found, "id"),
        segment=_label(found, "segment") if found.get("segment") is not None else "",
        group=_label(found, "group") if found.get("group") is not None else "",
        values={key: found[key] for key in found if key not in ("id", "segment", "group")},
        place=place,
    )


class _Twice(ValueError):
    """A field that stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(f"field {next(n for n in names if names.count(n) > 1)!r} stands in it twice")
    return found


def _label(found: dict[str, Any], field: str) -> str:
    """A text, or a whole number as a text."""
    value = found.get(field)
    if isinstance(value, str) and (value.strip() or field != "id"):
        if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError(f"its {field} holds half a character")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        raise ValueError(f"it has no {field}")
    raise ValueError(f"its {field} is neither a text nor a whole number")


def _fault(values: Mapping[str, Any], metric: str) -> str:
    """Why there is no number to compare; empty if there is one."""
    value = values.get(metric)
    if value is None:
        return f"no {metric}"
    if isinstance(value, bool):
        return f"{metric} is {str(value).lower()}; write 1 or 0"
    if not isinstance(value, int | float):
        kinds = {"str": "a text", "list": "a list", "dict": "an object"}
        return f"{metric} is {kinds.get(type(value).__name__, 'something')}, not a number"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{metric} is {value}"
    return "" if abs(value) <= _LARGEST else f"{metric} is beyond {_LARGEST:g}"


def _some(faults: list[str]) -> str:
    more = len(faults) - _SHOWN
    return "\n".join(faults[:_SHOWN] + ([f"and {more:,} more"] if more > 0 else []))
