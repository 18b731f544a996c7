"""Makes a project folder: an empty one to fill in, or an example over real text."""

import json
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tuneworthy.adapters import awscli_titles, bfcl_calls
from tuneworthy.assess import QUESTION_IDS, read_costs
from tuneworthy.config.project_file import (
    FILE,
    json_schema,
    load_answers,
    load_arms,
    load_people,
)
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.lifecycle import people, rubrics
from tuneworthy.lifecycle.reading import source_files
from tuneworthy.lifecycle.state_folder import STATE
from tuneworthy.lifecycle.wiring import Runtime

EXAMPLES: dict[str, tuple[str, Callable[[], Iterable[dict[str, Any]]]]] = {
    "services": ("requests.jsonl", lambda: map(_service_row, awscli_titles.rows())),
    "tools": ("calls.jsonl", bfcl_calls.rows),
}
"""Example name to its data file and where its rows come from."""


def start(folder: Path, example: str | None) -> list[str]:
    """Make the project; returns the files made, relative to the folder.

    Raises UsageProblem when the folder already holds a project or the example is unknown,
    ModelProblem when the package that holds the example's text is not installed.
    """
    if (folder / FILE).exists():
        raise UsageProblem(
            "project_exists",
            f"{folder / FILE} exists already.",
            why="Nothing is overwritten.",
            fix=f"cd {folder} && tuneworthy status, or choose another folder.",
        )
    if example is not None and example not in EXAMPLES:
        raise UsageProblem(
            "no_such_example",
            f"There is no example '{example}'.",
            fix=f"tuneworthy init --example {' or '.join(EXAMPLES)}",
        )
    rows = list(EXAMPLES[example][1]()) if example else []
    template = files("tuneworthy.lifecycle") / "examples" / (example or "blank")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for item in template.iterdir():
        (folder / item.name).write_bytes(item.read_bytes())
    if example:
        _write_rows(folder / "data" / EXAMPLES[example][0], rows)
        _make_people(folder)
    (folder / STATE).mkdir(exist_ok=True)
    (folder / STATE / "schema.json").write_text(json.dumps(json_schema()), encoding="utf-8")
    (folder / ".gitignore").write_text(f"{STATE}/\n{people.KEYS}/\n", encoding="utf-8")
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and STATE not in path.parts
    )


def check(runtime: Runtime) -> None:
    """Check the files beside the project file and that the sources are there."""
    read_costs(load_answers(runtime.folder, runtime.project, QUESTION_IDS).costs)
    load_arms(runtime.folder, runtime.project)
    load_people(runtime.folder, runtime.project)
    rubrics.in_force(runtime)
    names = [source.path for source in source_files(runtime)]
    missing = [name for name in names if not (runtime.folder / name).exists()]
    if missing:
        raise ConfigProblem(
            "no_source",
            f"Sources do not exist: {', '.join(missing)}.",
            fix=f"Put them there, or mend 'sources' in {runtime.folder / FILE}.",
        )


def _service_row(row: dict[str, str]) -> dict[str, Any]:
    return {**row, "target": json.dumps({"service": row["service"]})}


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _make_people(folder: Path) -> None:
    """Demonstration people, each with a fresh key pair; the private halves stay in keys/."""
    source = files("tuneworthy.lifecycle") / "examples" / "people.yaml"
    parser = YAML(typ="rt")
    listed = parser.load(source.read_text(encoding="utf-8"))
    for id_, person in listed.items():
        person["public_key"] = people.make_key(folder / people.KEYS, str(id_))
    with (folder / "people.yaml").open("w", encoding="utf-8") as file:
        parser.dump(listed, file)
