"""``suites/NAME.yaml``: found by themselves, checked with all faults at once."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tuneworthy.config.case_file import read_cases
from tuneworthy.config.faults import build, listed, shown
from tuneworthy.config.metric_faults import OptionsOf, bad_options
from tuneworthy.config.yaml_file import place, plain, read_yaml
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.nouns.suite_file import SuiteFile

FOLDER = "suites"
ENDING = ".yaml"
MAIN = "main"
"""The name of the suite over the dataset's own test split."""

MOST_FAULTS = 40
"""So many are listed; of the others only the number is told."""

MAKE = f"Write {FOLDER}/NAME{ENDING} with at least 'role:' and 'cases: FILE.jsonl'."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class ReadSuite(NamedTuple):
    """A suite's file with what it names; ``cases`` is empty where they come from elsewhere."""

    name: str
    path: Path
    file: SuiteFile
    cases: tuple[Case, ...]


class MetricCheck(NamedTuple):
    """What the reader must know of metrics, which live on a higher floor."""

    options_of: OptionsOf
    lacks: Callable[[MetricSettings, Case], str]
    """What the metric needs and a case does not hold; empty when nothing is missing."""
    default: MetricSettings
    """The project's own metric, for a file that names none."""


def suite_paths(folder: Path) -> list[Path]:
    """The suite files of a project, in the order of their names."""
    return sorted((folder / FOLDER).glob(f"*{ENDING}"))


def suite_name(path: Path) -> str:
    """The suite's name: that of its file. Raises ConfigProblem for one that cannot be typed."""
    name = path.name.removesuffix(ENDING)
    if not _NAME.fullmatch(name) or name == MAIN:
        raise ConfigProblem(
            "bad_suite_name",
            f"{path} cannot be a suite's file: '{shown(name)}' is no name for a suite.",
            why=f"'{MAIN}' is the suite over the dataset's test split."
            if name == MAIN
            else "A name has letters, digits, '-' and '_' only, since people type it.",
            fix=f"mv '{path}' '{path.with_name('other' + ENDING)}'",
        )
    return name


def read_suite(path: Path, check: MetricCheck) -> ReadSuite:
    """A suite's file and the cases in the file that it names.

    Raises:
        ConfigProblem: With file:line:column for each fault of both files.
    """
    name = suite_name(path)
    content = read_yaml(path, make=MAKE)
    values = plain(content)
    lines = _source_faults(path, content, values)
    file = None
    try:
        file = build(SuiteFile, values, path, content)
    except ConfigProblem as fault:
        lines += fault.message.split("\n")[1:]
    if file is not None:
        lines += [
            line
            for number, settings in enumerate(file.metrics)
            for line in bad_options(
                settings.name,
                settings.options,
                check.options_of,
                path,
                content,
                ("metrics", number, "options"),
            )
        ]
    metrics = file.metrics if file is not None else ()
    cases, more = _cases(path, content, values.get("cases"), metrics, check)
    lines += more
    if file is None or lines:
        raise _listed(path, lines)
    return ReadSuite(name, path, file, cases)


def _source_faults(path: Path, content: Any, values: dict[str, Any]) -> list[str]:
    given = [key for key in ("cases", "split", "production") if values.get(key)]
    if len(given) == 1:
        if values.get("segment") and given != ["split"]:
            spot = place(path, content, ("segment",))
            return [f"  {spot}: 'segment' chooses among the cases of a split, not of {given[0]}."]
        return []
    if not given:
        return [f"  {path}:1:1: it names no cases. Give 'cases', 'split' or 'production'."]
    spot = place(path, content, (given[1],))
    return [f"  {spot}: {' and '.join(given)} both say where the cases come from. Keep one."]


def _cases(
    path: Path, content: Any, name: Any, metrics: tuple[MetricSettings, ...], check: MetricCheck
) -> tuple[tuple[Case, ...], list[str]]:
    """The cases of the file that ``cases`` names, and every fault in it."""
    if not isinstance(name, str) or not name:
        return (), []
    spot = place(path, content, ("cases",))
    file = path.parent / name
    try:
        inside = file.resolve().is_relative_to(path.parent.resolve())
        if not inside or "\0" in name:
            return (), [f"  {spot}: '{shown(name)}' does not lie beside the suite's file."]
        wanted = metrics or (check.default,)

        def lacks(case: Case) -> str:
            return next((said for one in wanted if (said := check.lacks(one, case))), "")

        read = read_cases(file, lacks)
    except (ConfigProblem, OSError, ValueError) as fault:
        return (), [f"  {spot}: {fault}"]
    return read.cases, list(read.faults)


def _listed(path: Path, lines: list[str]) -> ConfigProblem:
    told = lines[:MOST_FAULTS]
    if len(lines) > MOST_FAULTS:
        told.append(f"  ... and {len(lines) - MOST_FAULTS} more.")
    problem = listed(path, told)
    count = f"{path} has {len(lines)} fault{'s' if len(lines) != 1 else ''}."
    return ConfigProblem(
        problem.code,
        "\n".join([count, *told]),
        fix=f"Mend {'them' if len(lines) != 1 else 'it'}, then: tuneworthy eval suite check",
    )
