"""The questions of the assessment, read from ``questions.toml``."""

import tomllib
from importlib.resources import files
from typing import Any, Literal, get_args

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.scorecard import DimensionId

FactorKind = Literal["ceiling", "indicator", "anti_indicator"]
QuestionKind = Literal["signal", "enterprise", "computed", "resilience", "owner"]
BesideScale = Literal["reason", "mark", "count", "amount"]


class Factor(Part):
    """A yes/no question that the decision counts."""

    id: str
    kind: FactorKind
    text: str
    weight: Literal["", "Medium", "High"] = ""
    name: str = ""
    """The long name in the answers contract; ceiling questions have none."""
    why: str = ""
    """Why it matters."""
    settle: str = ""
    """What evidence would settle it; a command stands last, after a colon."""

    @property
    def points(self) -> int:
        """What a yes adds to the weighted score: High 2, Medium 1, ceiling questions 0."""
        return {"": 0, "Medium": 1, "High": 2}[self.weight]


class Question(Part):
    """A question answered in words, or computed from the record; it is not counted."""

    id: str
    kind: QuestionKind
    text: str
    dimensions: tuple[DimensionId, ...] = ()
    why: str = ""
    settle: str = ""
    scale: Literal["words", "yes_no"] = "words"
    """``yes_no`` where a yes is not simply the good answer."""


class Beside(Part):
    """A question that the interview asks beside the others; no rule counts it."""

    id: str
    text: str
    why: str
    settle: str
    scale: BesideScale
    dimensions: tuple[DimensionId, ...]
    waives: str = ""
    """The ceiling question that a written answer waives."""
    place: tuple[str, ...] = ()
    """Where the answers file keeps it; under ``questions``, by its id, when nothing is said."""


def _read() -> tuple[tuple[Factor, ...], tuple[Question, ...], tuple[Beside, ...]]:
    text = files("tuneworthy.assess").joinpath("questions.toml").read_text(encoding="utf-8")
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(text)
    counted = ("ceiling", "indicator", "anti_indicator")
    factors = [
        Factor.model_validate({"kind": kind, **row}) for kind in counted for row in table.pop(kind)
    ]
    besides = [Beside.model_validate(row) for row in table.pop("beside")]
    questions = [
        Question.model_validate({"kind": kind, **row}) for kind in table for row in table[kind]
    ]
    return tuple(factors), tuple(questions), tuple(besides)


FACTORS, QUESTIONS, BESIDES = _read()


QUESTION_IDS = frozenset(
    {
        *(q.id for q in QUESTIONS),
        *(b.id for b in BESIDES if not b.place),
        *get_args(DimensionId),
    }
)
"""What may stand under ``questions`` in an answers file; D1 to D6 are people's own marks."""


def of_kind(kind: FactorKind, factors: tuple[Factor, ...] = FACTORS) -> tuple[Factor, ...]:
    """The factors of one kind, in the order of the table."""
    return tuple(f for f in factors if f.kind == kind)
