"""A kept run by what people call it."""

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.lifecycle.wiring import Runtime

_SHA = "sha256:"
SHORTEST = 4
"""Digits by which a run may be named."""


def find_run(runtime: Runtime, name: str) -> EvaluationRun:
    """The run with this id, its first digits, or its prompt's name: of these the newest.

    Raises:
        ConfigProblem: There is none, or several begin alike.
    """
    runs = [r for r in runtime.store.list(EvaluationRun) if r.project == runtime.project.id]
    digits = name.removeprefix(_SHA)
    found = [run for run in runs if run.id.removeprefix(_SHA).startswith(digits)]
    if len(digits) < SHORTEST or not found:
        found = [run for run in runs if run.arm.id == name][-1:]
    if len(found) != 1:
        known = ", ".join(sorted({run.arm.id for run in runs}))
        raise ConfigProblem(
            "no_such_run",
            f"{len(found) or 'No'} runs of this project are called '{name}'.",
            why=f"There are runs of: {known}." if known else "Nothing was run yet.",
            fix="tuneworthy --json eval show   (ids)" if known else "tuneworthy eval run",
        )
    return found[0]
