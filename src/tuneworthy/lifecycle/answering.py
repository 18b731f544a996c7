"""From an answers file, or a mapping, to a verdict; no project is opened and nothing is kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuneworthy.assess import AnswerSheet, decide_sheet
from tuneworthy.config.typed_file import check_typed, read_typed
from tuneworthy.core.nouns.answered import AnsweredDecision

_MAKE = "Write one with 'ceiling' and 'factors'; the page on assessing shows it."
_FIX = "Mend the answers, then: tuneworthy assess --answers FILE"


def decide_answers(answers: Mapping[str, Any] | str | Path) -> AnsweredDecision:
    """The verdict over answers given as a mapping, or as the path of a YAML or JSON file.

    Raises:
        ConfigProblem: With every fault, and its place in the file.
    """
    if isinstance(answers, str | Path):
        return decide_sheet(read_typed(AnswerSheet, Path(answers), make=_MAKE, fix=_FIX))
    return decide_sheet(check_typed(AnswerSheet, answers, what="the answers", fix=_FIX))
