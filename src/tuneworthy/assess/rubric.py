"""The rubric: which evidence each readiness level needs; ``rubric_file`` reads it."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from tuneworthy.assess.conditions import parse
from tuneworthy.assess.factors import FACTORS, QUESTIONS
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.scorecard import DimensionId

ANSWERS = "answers"
"""The fact of predicates that answers alone can meet."""

GATE_FACTS = frozenset(f"gate.{gate.value}" for gate in GateName)
"""The facts that hold while a gate is open; no evidence can stand for them."""

KNOWN_OF_PROJECT = frozenset(
    {"approach_minimum", "best_alternative", "break_even", "declared_gain", "target"}
)
"""What a condition may name as ``@name``."""

_QUESTION_IDS = frozenset({"costs", *(f.id for f in FACTORS), *(q.id for q in QUESTIONS)})

Subject = Literal["any", "dataset", "suite", "model"]


class Dimension(Part):
    """One of the six areas, with the level that opens its gates."""

    id: DimensionId
    name: str = Field(min_length=1)
    target: int = Field(ge=2, le=5, strict=True)


class GateNeed(Part):
    """Which dimensions must reach their target before a gate can open."""

    gate: GateName
    dimensions: tuple[DimensionId, ...] = Field(min_length=1)


class Predicate(Part):
    """One condition of one level, over evidence ``about`` one fact."""

    id: str = Field(min_length=1)
    dimension: DimensionId
    level: int = Field(ge=2, le=5, strict=True)
    text: str = Field(min_length=1)
    about: str = Field(min_length=1)
    """The fact's name; ``gate.<name>`` asks for an open gate, ``answers`` for answers alone."""
    or_about: str = ""
    """Another fact whose mere presence will do (a signed waiver)."""
    where: tuple[str, ...] = ()
    grade: Grade = Grade.DECLARED
    """The least grade that will do."""
    subject: Subject = "any"
    max_age_days: int | None = Field(default=None, ge=1, le=3650, strict=True)
    pick: Literal["newest", "any"] = "newest"
    """Whether the newest live evidence of the fact governs, or any of it may serve."""
    count: int = Field(default=1, ge=1, le=1000, strict=True)
    """How many pieces of evidence must hold."""
    before: str = ""
    """A fact whose evidence on the same subject must all be later."""
    answers: tuple[str, ...] = ()
    """Questions whose answers declare this."""
    command: str
    """What to type to produce the evidence; empty while nothing produces it."""

    @field_validator("where")
    @classmethod
    def _readable(cls, where: tuple[str, ...]) -> tuple[str, ...]:
        for text in where:
            names = [str(c.value) for c in parse(text) if c.named]
            wrong = [n for n in names if n.startswith("@") and n[1:] not in KNOWN_OF_PROJECT]
            if wrong:
                raise ValueError(f"{wrong[0]} in {text!r} is not known of a project")
        return where

    @field_validator("answers")
    @classmethod
    def _asked(cls, answers: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [id_ for id_ in answers if id_ not in _QUESTION_IDS]:
            raise ValueError(f"no such question: {', '.join(unknown)}")
        return answers

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if faults := [*self._grade_faults(), *self._form_faults()]:
            raise ValueError("; ".join(faults))
        return self

    def _grade_faults(self) -> Iterator[str]:
        if self.level > Grade.DECLARED.cap and self.grade is Grade.DECLARED:
            yield "a declaration supports level 2 at most"
        elif self.level > Grade.ATTESTED.cap and self.grade is not Grade.MEASURED:
            yield "a document supports level 3 at most"
        if self.level > Grade.ATTESTED.cap and self.or_about:
            yield "a signed waiver supports level 3 at most"

    def _form_faults(self) -> Iterator[str]:
        if self.before and self.subject == "any":
            yield "'before' needs a subject: dataset, suite or model"
        if self.count > 1 and self.pick == "newest":
            yield "'count' above 1 needs pick = \"any\", as the newest is one alone"
        if self.about == ANSWERS and not self.answers:
            yield "'about' is answers, and 'answers' names none"
        if self.about == ANSWERS and self.level > Grade.DECLARED.cap:
            yield "'about' is answers, and answers support level 2 at most"


class Rubric(Part):
    """All dimensions, gates and predicates; the digest is of the parsed content."""

    version: int = Field(ge=1, le=1_000_000)
    dimensions: tuple[Dimension, ...]
    gates: tuple[GateNeed, ...]
    predicates: tuple[Predicate, ...]
    digest: str
    name: str = ""
    """The file it was read from; empty for the one that comes with the product."""

    def of(self, dimension: DimensionId) -> tuple[Predicate, ...]:
        """The predicates of one dimension, lowest level first, cheapest first within a level."""
        found = (p for p in self.predicates if p.dimension == dimension)
        return tuple(sorted(found, key=lambda p: p.level))
