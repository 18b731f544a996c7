"""From an answers file, or a mapping, to a verdict; no project is opened and nothing is kept."""

import re
import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tuneworthy.assess import AnswerSheet, decide_sheet
from tuneworthy.config.project_file import FILE
from tuneworthy.config.typed_file import check_typed, read_typed
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.answered import AnsweredDecision

_MAKE = "Write one with 'ceiling' and 'factors'; the page on assessing shows it."
_FIX = "Mend the answers, then: tuneworthy assess --answers FILE"
_SHORT = re.compile("[CIA][1-6]")


def decide_answers(answers: Mapping[str, Any] | str | Path) -> AnsweredDecision:
    """The verdict over answers given as a mapping, or as the path of a YAML or JSON file.

    Raises:
        ConfigProblem: With every fault, and its place in the file; one alone for a project's own
            answers file, which has another shape.
    """
    if isinstance(answers, str | Path):
        path = Path(answers)
        refuse = partial(_refuse_projects_own, path=path)
        return decide_sheet(read_typed(AnswerSheet, path, make=_MAKE, fix=_FIX, refuse=refuse))
    if isinstance(answers, Mapping):
        _refuse_projects_own(answers)
    return decide_sheet(check_typed(AnswerSheet, answers, what="the answers", fix=_FIX))


def _refuse_projects_own(values: Mapping[str, Any], path: Path | None = None) -> None:
    """Raise for what the interview writes: short names under 'factors', and no 'ceiling'."""
    factors = values.get("factors")
    short = isinstance(factors, Mapping) and any(_SHORT.fullmatch(str(name)) for name in factors)
    if "ceiling" in values or not (short or "questions" in values):
        return
    folder = path.parent if path is not None and (path.parent / FILE).exists() else Path("DIR")
    name = str(path) if path is not None else "The mapping"
    raise ConfigProblem(
        "project_answers",
        f"{name} is a project's own answers file, as tuneworthy assess --ask writes it.",
        why="--answers takes a sheet with 'ceiling' and the long names of 'factors', no project.",
        fix=f"For the project: tuneworthy -C {shlex.quote(str(folder))} assess",
    )
