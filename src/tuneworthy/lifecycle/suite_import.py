"""Makes a suite of another tool's task: readable files, and a word on all that was left out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tuneworthy import adapters
from tuneworthy.config.row_file import read_foreign, read_rows, yaml_text
from tuneworthy.config.suite_file import ENDING, suite_name
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.nouns.suite_file import SuiteFile
from tuneworthy.core.nouns.suite_report import Imported
from tuneworthy.evaluate.converters import (
    Converted,
    Unsupported,
    choose_eval,
    data_files,
    from_inspect,
    from_lm_eval,
    from_openai_evals,
    refuse_task,
    shot_files,
)
from tuneworthy.evaluate.metrics.making import options_for

DEEPEST = 5
"""Files that include one another, at most."""


def import_suite(
    file: str | Path,
    tool: str,
    out: str | Path,
    *,
    data: str | Path | None = None,
    scorer: str = "",
    task: str = "",
) -> Imported:
    """Write a suite and its cases from another tool's file; needs no project.

    Args:
        file: A task of lm-evaluation-harness (YAML), a dataset of Inspect (JSON, JSON Lines, CSV),
            or samples (JSON Lines) or a registry file (YAML) of OpenAI Evals.
        tool: ``lm-eval``, ``inspect`` or ``openai-evals``.
        out: The suite's file, ``suites/NAME.yaml``; the cases are written beside it.
        data: The file of the rows, where the task does not name one.
        scorer: How rows are scored, where the file does not say.
        task: Which eval of a registry file.

    Raises:
        UsageProblem: ``tool`` is none of these, or ``out`` is there already.
        ConfigProblem: A file cannot be read, or the task cannot be carried over.
    """
    path, place = Path(file), Path(out)
    rows = Path(data) if data is not None else None
    if place.suffix != ENDING:
        raise UsageProblem(
            "bad_suite_name", f"{out} is no {ENDING} file.", fix="-o suites/NAME.yaml"
        )
    name = suite_name(place)
    cases = place.with_suffix(".jsonl")
    for there in (place, cases):
        if there.exists():
            raise UsageProblem(
                "suite_file_there", f"{there} is there already.", fix="Name another file after -o."
            )
    try:
        made = _converted(path, tool, rows, scorer, task)
        settings = {**made.settings, "cases": cases.name}
        _check(path, made, settings)
    except (Unsupported, ValueError) as fault:
        raise ConfigProblem(
            "not_importable",
            f"{path} cannot be imported.",
            why=f"{str(fault).rstrip('.')}.",
            fix=f"Write the cases as JSON Lines yourself: suites/{name}.jsonl",
        ) from fault
    _write(place, yaml_text(settings))
    _write(cases, "".join(_line(case) for case in made.cases))
    return Imported(
        suite=str(place),
        cases=str(cases),
        n=len(made.cases),
        dropped=tuple(made.dropped),
        notes=tuple(made.notes),
    )


def _converted(path: Path, tool: str, data: Path | None, scorer: str, task: str) -> Converted:
    if tool == "lm-eval":
        settings = _with_included(path, DEEPEST)
        refuse_task(settings)
        files = [data] if data else [path.parent / name for name in data_files(settings)]
        rows = [row for file in files for row in read_rows(file)]
        shots = [path.parent / name for name in shot_files(settings)]
        examples = [row for file in shots for row in read_rows(file)] if shots else None
        return from_lm_eval(settings, rows, adapters.render_template, examples)
    if tool == "inspect":
        return from_inspect(read_rows(data or path), scorer, path.stem)
    if tool != "openai-evals":
        raise UsageProblem("no_such_tool", f"'{tool}' is no tool whose tasks can be read.")
    if path.suffix.lower() in (".yaml", ".yml"):
        chosen = choose_eval(read_foreign(path), task)
        rows = read_rows(data or _samples(path, chosen.samples))
        return from_openai_evals(rows, chosen.kind, chosen.name, chosen.arguments)
    return from_openai_evals(read_rows(path), scorer or "match", path.stem)


def _with_included(path: Path, deeper: int) -> dict[str, Any]:
    """The task's settings over those of the file that it includes."""
    settings = read_foreign(path)
    base = settings.pop("include", None)
    if not isinstance(base, str):
        return settings
    if deeper == 0:
        raise Unsupported(f"more than {DEEPEST} files include one another")
    return {**_with_included(path.parent / base, deeper - 1), **settings}


def _samples(registry: Path, name: str) -> Path:
    """The samples: in the registry's ``data`` folder, or beside the file."""
    places = (registry.parent.parent / "data" / name, registry.parent / name)
    return next((place for place in places if place.exists()), places[0])


def _check(path: Path, made: Converted, settings: Mapping[str, Any]) -> None:
    """See that what is written can be read and run again."""
    if not made.cases:
        why = f"; the first: {made.dropped[0]}" if made.dropped else ""
        raise Unsupported(f"none of the rows of {path.name} makes a case{why}")
    try:
        file = SuiteFile.model_validate(settings)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise Unsupported(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from fault
    for metric in file.metrics:
        options_for(metric)


def _line(case: Case) -> str:
    """A case as people read it: without what is empty."""
    facts = case.model_dump(mode="json")
    kept = {key: value for key, value in facts.items() if value not in ("", None, [], {})}
    return json.dumps({"id": case.id, **kept}, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise ConfigProblem(
            "unwritable", f"{path} cannot be written: {fault.strerror}.", fix="Name another place."
        ) from fault
