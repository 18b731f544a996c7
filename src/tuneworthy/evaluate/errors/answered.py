"""One case with its answer, as error analysis looks at it, from a kept run or from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.failures import Shown
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.result_rows import Results

SHOWN_CHARACTERS = 1_000
"""Of each text that a report shows."""
KIND_CHARACTERS = 60
GRADED_PASS = 0.5
"""Where scores are graded a case passes from here on; where all are 0 or 1, at 1."""
_TEXTS = ("output", "expected", "request", "error")


@dataclass(frozen=True)
class Answered:
    """A case, its answer and its score; ``fault`` is a state before any metric's word."""

    case: Case
    output: str
    score: float
    error: str = ""
    valid: bool = True
    cut_off: bool = False
    failed: bool = False
    kept: bool = True
    """Whether the answer's text is there at all; a file may hold scores alone."""

    @property
    def kind(self) -> str:
        """What is wrong in a word or two, whatever the score is.

        No answer and no whole answer come before the metric's own word.
        """
        word = " ".join(self.error.split())[:KIND_CHARACTERS]
        if self.failed:
            return f"no answer: {word}" if word else "no answer"
        if self.kept and not self.output.strip():
            return "empty"
        if self.cut_off:
            return "cut off"
        return word or ("wrong" if self.valid else "invalid form")


@dataclass(frozen=True)
class AnsweredRun:
    """A run's cases in order."""

    name: str
    rows: tuple[Answered, ...]
    by_id: Mapping[str, Answered] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {row.case.id: row for row in self.rows})


def answered(results: Results, cases: Mapping[str, Case] | None = None) -> AnsweredRun:
    """A run's rows with their cases; without cases, what the rows say of themselves.

    Raises:
        DataProblem: A row has no score between 0 and 1, or a text that is none.
    """
    scores = results.column("score")
    wrong = [name for name, score in scores.items() if not 0 <= score <= 1]
    if wrong:
        row = results.rows[wrong[0]]
        raise DataProblem(
            "scores_wrong",
            f"{len(wrong):,} of {len(scores):,} cases of {results.name} have a score beyond 0..1.",
            why=f"{row.place}: score is {scores[wrong[0]]:g}",
            fix="Write 1 for a right answer, 0 for a wrong one, and what lies between as a share.",
        )
    kept = any("output" in row.values for row in results.rows.values())
    rows = []
    for name, row in results.rows.items():
        texts = {key: _text(row.values, key, row.place) for key in _TEXTS}
        case = (cases or {}).get(name) or Case(
            id=name,
            request=texts["request"],
            expected=texts["expected"],
            segment=row.segment,
            group=row.group,
        )
        rows.append(
            Answered(
                case=case,
                output=texts["output"],
                score=scores[name],
                error=texts["error"],
                valid=row.values.get("valid") is not False,
                cut_off=row.values.get("cut_off") is True,
                failed=row.values.get("failed") is True,
                kept=kept,
            )
        )
    return AnsweredRun(results.name, tuple(rows))


def _text(values: Mapping[str, Any], name: str, place: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise DataProblem(
        "results_unreadable",
        f"{place}: {name} is not a text.",
        why=f"It is {type(value).__name__}.",
        fix=f'Write {name} as a text in quotes; a JSON object too: "{{\\"a\\": 1}}".',
    )


def passing(*runs: AnsweredRun) -> float:
    """The score from which a case passes, where nobody says: see ``GRADED_PASS``."""
    whole = all(row.score in (0, 1) for run in runs for row in run.rows)
    return 1.0 if whole else GRADED_PASS


def shown(row: Answered, base: Answered | None = None, *, fails: bool = True) -> Shown:
    """A case for a report, with long texts cut."""
    return Shown(
        id=row.case.id,
        request=clipped(row.case.request),
        expected=clipped(row.case.expected),
        output=clipped(row.output),
        score=row.score,
        kind=row.kind if fails else "",
        segment=row.case.segment,
        base_output=None if base is None else clipped(base.output),
        base_score=None if base is None else base.score,
    )


def clipped(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """The text's start, saying how much more there is. Half a character becomes a mark."""
    text = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} more characters)"


def ids(rows: Sequence[Answered], most: int = 5) -> tuple[str, ...]:
    """The first few ids."""
    return tuple(row.case.id for row in rows[:most])
