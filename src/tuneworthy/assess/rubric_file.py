"""Reads a rubric and finds all its faults at once, each with its line."""

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tuneworthy.assess.rubric import Dimension, GateNeed, Predicate, Rubric
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.scorecard import DimensionId
from tuneworthy.methods.canonical import digest

P = TypeVar("P", bound=Part)

LEVELS = (2, 3, 4, 5)
"""The levels that evidence must earn; level 1 is the absence of level 2."""

_TABLES: dict[str, type[Part]] = {
    "dimension": Dimension,
    "gate": GateNeed,
    "predicate": Predicate,
}


class RubricFault(NamedTuple):
    """What is wrong, and in which line (0 where the whole file is meant)."""

    line: int
    text: str


class RubricFaults(ValueError):
    """A rubric that cannot be used; ``faults`` has all of them in the order of the lines."""

    def __init__(self, faults: Sequence[RubricFault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("; ".join(f"line {line}: {text}" for line, text in self.faults))


def read_rubric(text: str, name: str = "") -> Rubric:
    """The rubric in TOML ``text``.

    Raises:
        RubricFaults: Every fault at once: no TOML, a wrong or missing field, an id that stands
            twice, a dimension or level that is missing, facts that must each be the older one.
    """
    table = _parsed(text)
    places = _Places(text)
    faults = [*_top_faults(table, places)]
    dimensions = _each(Dimension, "dimension", table, places, faults)
    gates = _each(GateNeed, "gate", table, places, faults)
    predicates = _each(Predicate, "predicate", table, places, faults)
    sound = not faults
    faults += _all_twins(table, places)
    # What concerns the whole is told only of parts that are sound: else one slip is told twice.
    if sound:
        faults += _whole_faults(dimensions, gates, predicates, places)
    if faults:
        raise RubricFaults(faults)
    return Rubric(
        version=table["version"],
        dimensions=tuple(dimensions),
        gates=tuple(gates),
        predicates=tuple(predicates),
        digest=digest(table),
        name=name,
    )


@cache
def shipped_rubric() -> Rubric:
    """The rubric that comes with the product."""
    return read_rubric(shipped_text())


def shipped_text() -> str:
    """The file of the rubric that comes with the product."""
    return files("tuneworthy.assess").joinpath("rubric.toml").read_text(encoding="utf-8")


class _Places:
    """Where each table and each of its fields stands in the text."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._heads: dict[str, list[int]] = {kind: [] for kind in _TABLES}
        for number, line in enumerate(self._lines, 1):
            found = re.match(r"\s*\[\[\s*(\w+)\s*\]\]", line)
            if found and found[1] in self._heads:
                self._heads[found[1]].append(number)

    def of(self, kind: str, index: int, field: str = "") -> int:
        """The line of a field of the table, or of its head."""
        heads = self._heads.get(kind, [])
        if index >= len(heads):
            return 0
        head = heads[index]
        for number in range(head + 1, len(self._lines) + 1):
            line = self._lines[number - 1]
            if line.lstrip().startswith("["):
                break
            if field and re.match(rf"\s*{re.escape(field)}\s*=", line):
                return number
        return head

    def of_key(self, key: str) -> int:
        """The line of a name at the top of the file."""
        shape = rf"\s*(\[*\s*)?{re.escape(key)}\b"
        return next((n for n, line in enumerate(self._lines, 1) if re.match(shape, line)), 0)


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        line = int(found[1]) if found else 0
        raise RubricFaults([RubricFault(line, f"not TOML: {fault}")]) from fault
    except RecursionError as fault:
        raise RubricFaults([RubricFault(0, "nested too deeply: flatten it")]) from fault
    except ValueError as fault:
        raise RubricFaults([RubricFault(0, f"not TOML: {fault}")]) from fault


def _top_faults(table: Mapping[str, Any], places: _Places) -> Iterator[RubricFault]:
    for key in table:
        if key != "version" and key not in _TABLES:
            yield RubricFault(places.of_key(key), f"unknown setting '{key}'{_near(key, _TOP)}")
    version = table.get("version")
    if version is None:
        yield RubricFault(0, "'version' is missing")
    elif isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= 1_000_000:
        yield RubricFault(places.of_key("version"), "version must be a whole number from 1 on")


_TOP = ("version", *_TABLES)


def _each(
    model: type[P],
    kind: str,
    table: Mapping[str, Any],
    places: _Places,
    faults: list[RubricFault],
) -> list[P]:
    """Every table of a kind as its noun; what is wrong goes to ``faults``."""
    rows = table.get(kind)
    if not isinstance(rows, list) or not rows:
        faults.append(RubricFault(places.of_key(kind), f"there is no [[{kind}]] table"))
        return []
    made = []
    for index, row in enumerate(rows):
        try:
            made.append(model.model_validate(row))
        except ValidationError as fault:
            name = _name(kind, index, row)
            for error in fault.errors():
                field = str(error["loc"][0]) if error["loc"] else ""
                line = places.of(kind, index, field)
                faults.append(RubricFault(line, f"{name}: {_said(model, error)}"))
    return made


def _name(kind: str, index: int, row: Any) -> str:
    field = "gate" if kind == "gate" else "id"
    given = row.get(field) if isinstance(row, dict) else None
    return str(given)[:40] if isinstance(given, str) and given else f"{kind} {index + 1}"


def _said(model: type[Part], error: ErrorDetails) -> str:
    where = ".".join(str(step) for step in error["loc"])
    if error["type"] == "missing":
        return f"'{where}' is missing"
    if error["type"] == "extra_forbidden":
        return f"unknown setting '{where}'{_near(where, list(model.model_fields))}"
    text = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{where} {text}" if where else text


def _near(word: str, names: Sequence[str]) -> str:
    found = difflib.get_close_matches(word, names, 1, cutoff=0.5)
    return f", did you mean '{found[0]}'?" if found else ""


def _whole_faults(
    dimensions: Sequence[Dimension],
    gates: Sequence[GateNeed],
    predicates: Sequence[Predicate],
    places: _Places,
) -> Iterator[RubricFault]:
    present = {d.id for d in dimensions}
    for id_ in get_args(DimensionId):
        if id_ not in present:
            yield RubricFault(0, f"dimension {id_} is missing")
            continue
        levels = {p.level for p in predicates if p.dimension == id_}
        for level in LEVELS:
            if level not in levels:
                yield RubricFault(
                    places.of("dimension", [d.id for d in dimensions].index(id_)),
                    f"{id_} has no predicate of level {level}, so nothing would have to earn it",
                )
        if not any(id_ in gate.dimensions for gate in gates):
            yield RubricFault(0, f"no gate needs {id_}")
    yield from _circles(predicates, places)


def _all_twins(table: Mapping[str, Any], places: _Places) -> Iterator[RubricFault]:
    """Ids that stand twice, told whatever else is wrong with their tables."""
    for kind in _TABLES:
        rows = table.get(kind)
        field = "gate" if kind == "gate" else "id"
        given = [
            row.get(field) if isinstance(row, dict) else None
            for row in (rows if isinstance(rows, list) else ())
        ]
        yield from _twins(kind, [one if isinstance(one, str) else "" for one in given], places)


def _twins(kind: str, ids: Sequence[str], places: _Places) -> Iterator[RubricFault]:
    counts = Counter(id_ for id_ in ids if id_)
    for index, id_ in enumerate(ids):
        if counts[id_] > 1 and ids.index(id_) != index:
            first = places.of(kind, ids.index(id_))
            yield RubricFault(
                places.of(kind, index), f"{kind} {id_} stands twice, see line {first}"
            )


def _circles(predicates: Sequence[Predicate], places: _Places) -> Iterator[RubricFault]:
    """Facts that must each be older than the other: no evidence could ever meet that."""
    later: dict[str, set[str]] = {}
    for predicate in predicates:
        if predicate.before:
            later.setdefault(predicate.about, set()).add(predicate.before)
    for index, predicate in enumerate(predicates):
        if predicate.before and _reaches(later, predicate.before, predicate.about):
            line = places.of("predicate", index, "before")
            text = f"{predicate.id}: {predicate.about} would have to be older than itself"
            yield RubricFault(line, f"{text}, by way of {predicate.before}")


def _reaches(later: Mapping[str, set[str]], start: str, end: str) -> bool:
    seen, waiting = set[str](), [start]
    while waiting:
        fact = waiting.pop()
        if fact == end:
            return True
        if fact not in seen:
            seen.add(fact)
            waiting += later.get(fact, ())
    return False
