"""The rubric in force: the project's own file, or the one that comes with the product."""

from pathlib import Path

from tuneworthy.assess import (
    Predicate,
    Rubric,
    RubricFaults,
    read_rubric,
    shipped_rubric,
    shipped_text,
)
from tuneworthy.assess.conditions import parse
from tuneworthy.config.project_file import load_people
from tuneworthy.config.text_file import read_text
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.lifecycle.wiring import Runtime

PEOPLE = "people.named"
WAIVER = "document.single_model_waiver"
WAIVE = "tuneworthy people attest single_model_waiver FILE --by PERSON"
REGISTER = "tuneworthy people list"
"""Brings everybody in the people file into the ledger."""

_MAKE = (
    "tuneworthy assess rubric prints one to start from; without 'rubric' in tuneworthy.yaml the "
    "product's own counts."
)


def in_force(runtime: Runtime) -> Rubric:
    """What the project's levels are judged by. Raises ConfigProblem with every fault."""
    name = runtime.project.rubric
    return load(runtime.folder / name, name) if name else shipped_rubric()


def with_cheaper_commands(runtime: Runtime, rubric: Rubric) -> Rubric:
    """The same rubric with the commands that close its gaps in this project soonest.

    People who stand in the people file need only be registered: adding a second owner would be the
    dearer way, and two owners are none. Where one model is configured, running it again proves no
    second one; a signed waiver does. The digest stays: what must hold is the same.
    """
    one_model = len(runtime.project.all_models) == 1
    listed = {r.value for p in load_people(runtime.folder, runtime.project) for r in p.roles}
    predicates = tuple(
        p.model_copy(update={"command": REGISTER})
        if p.about == PEOPLE and _roles(p) and _roles(p) <= listed
        else p.model_copy(update={"command": WAIVE})
        if one_model and p.or_about == WAIVER
        else p
        for p in rubric.predicates
    )
    return rubric.model_copy(update={"predicates": predicates})


def _roles(predicate: Predicate) -> set[str]:
    """The roles that a predicate asks to be held."""
    conditions = [c for text in predicate.where for c in parse(text)]
    return {str(c.value) for c in conditions if (c.field, c.op) == ("roles", "has")}


def text_in_force(runtime: Runtime) -> str:
    """The file of the rubric in force. Raises ConfigProblem."""
    name = runtime.project.rubric
    return _read(runtime.folder / name) if name else shipped_text()


def load(path: Path, name: str = "") -> Rubric:
    """The rubric in a file; every fault at once, each with its line.

    Raises:
        ConfigProblem: The file cannot be read, is no TOML, or is no sound rubric.
    """
    try:
        return read_rubric(_read(path), name or path.name)
    except RubricFaults as fault:
        lines = [
            f"  {path}:{line}: {text}" if line else f"  {path}: {text}"
            for line, text in fault.faults
        ]
        many = len(lines) != 1
        raise ConfigProblem(
            "bad_rubric",
            f"{path} has {len(lines)} fault{'s' if many else ''}.\n" + "\n".join(lines),
            why="Levels that rest on a faulty rubric would mean nothing.",
            fix=f"Mend {'them' if many else 'it'}, then: tuneworthy assess rubric --check {path}",
        ) from fault


def _read(path: Path) -> str:
    try:
        return read_text(path, _MAKE)
    except ConfigProblem as fault:
        raise ConfigProblem(
            "no_rubric",
            f"The rubric {path} cannot be read.",
            why=fault.message,
            fix=fault.fix,
        ) from fault
