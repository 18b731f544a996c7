"""The suites that come with the house: run as they are, or copied for people to change them."""

import shutil
from pathlib import Path

from tuneworthy.config.suite_file import FOLDER
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.evaluate.suites_shipped import NAMES, SHIPPED, shipped_path
from tuneworthy.lifecycle import suite_cases, suite_ledger, suites
from tuneworthy.lifecycle.wiring import Runtime


def settle(runtime: Runtime, name: str) -> tuple[Suite, list[Case]]:
    """The project's own suite of this name where there is one, else the shipped one, frozen."""
    known = suite_ledger.look(runtime)
    if name in suite_ledger.declared(runtime, known):
        return suites.settle(runtime, name)
    found = suite_cases.read(runtime, shipped_path(name))
    found = found._replace(name=f"{suite_ledger.SHIPPED}{name}")
    source = suite_cases.source(runtime, found, None, anew=False)
    frozen = known.shipped.get(name)
    if frozen is not None and suites.unchanged(runtime, frozen, found, source):
        return frozen, source.cases
    return suites.freeze(runtime, found, source), source.cases


def add(runtime: Runtime, names: list[str]) -> list[Path]:
    """Copy shipped suites into the project; from then on they are its own, and gates ask for them.

    Args:
        runtime: The project.
        names: Suites, or groups of them: ``safety`` and ``general``.

    Raises:
        UsageProblem: There is no such suite.
        ConfigProblem: The project has a suite of this name, or the folder cannot be written to.
    """
    chosen = dict.fromkeys(one for name in names for one in SHIPPED.get(name, (name,)))
    unknown = [name for name in chosen if name not in NAMES]
    if unknown or not chosen:
        raise UsageProblem(
            "no_shipped_suite",
            f"No suite '{unknown[0]}' comes with Tuneworthy." if unknown else "No suite is named.",
            fix=f"One of: {', '.join(dict.fromkeys([*SHIPPED, *NAMES]))}.",
        )
    folder = runtime.folder / FOLDER
    places = [folder / file.name for name in chosen for file in _files(name)]
    there = [place for place in places if place.exists() or place.is_symlink()]
    if there:
        raise ConfigProblem(
            "suite_there",
            f"{there[0]} is there already.",
            why="What people wrote is not overwritten.",
            fix=f"Move it away, or leave out '{there[0].stem}'.",
        )
    try:
        folder.mkdir(exist_ok=True)
        for name in chosen:
            for file in _files(name):
                shutil.copyfile(file, folder / file.name)
    except OSError as fault:
        raise ConfigProblem(
            "suite_not_written",
            f"{fault.filename or folder} cannot be written: {fault.strerror}.",
            fix="Make room, or give this user the right to write there.",
        ) from fault
    return [folder / f"{name}.yaml" for name in chosen]


def _files(name: str) -> tuple[Path, Path]:
    """The cases first: a suite's file must not stand there without them."""
    path = shipped_path(name)
    return path.with_suffix(".jsonl"), path
