"""The rubric: which evidence each readiness level needs, read from ``rubric.toml``."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import Field, model_validator

from tuneworthy.assess.conditions import parse
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.scorecard import DimensionId
from tuneworthy.methods.canonical import digest

Subject = Literal["any", "dataset", "suite", "model"]


class Dimension(Part):
    """One of the six areas, with the level that opens its gates."""

    id: DimensionId
    name: str
    target: int = Field(ge=2, le=5)


class GateNeed(Part):
    """Which dimensions must reach their target before a gate can open."""

    gate: GateName
    dimensions: tuple[DimensionId, ...]


class Predicate(Part):
    """One condition of one level, over evidence ``about`` one fact."""

    id: str
    dimension: DimensionId
    level: int = Field(ge=2, le=5)
    text: str
    about: str
    """The fact's name; ``gate.<name>`` asks for an open gate, ``answers`` for answers alone."""
    or_about: str = ""
    """Another fact whose mere presence will do (a signed waiver)."""
    where: tuple[str, ...] = ()
    grade: Grade = Grade.DECLARED
    """The least grade that will do."""
    subject: Subject = "any"
    max_age_days: int | None = None
    pick: Literal["newest", "any"] = "newest"
    """Whether the newest live evidence of the fact governs, or any of it may serve."""
    count: int = Field(default=1, ge=1)
    """How many pieces of evidence must hold."""
    before: str = ""
    """A fact whose evidence on the same subject must all be later."""
    answers: tuple[str, ...] = ()
    """Questions whose answers declare this."""
    command: str
    """What to type to produce the evidence; empty while nothing produces it."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for condition in self.where:
            parse(condition)
        if self.level > Grade.DECLARED.cap and self.grade is Grade.DECLARED:
            raise ValueError(f"{self.id}: a declaration supports level 2 at most")
        if self.level > Grade.ATTESTED.cap and self.grade is not Grade.MEASURED:
            raise ValueError(f"{self.id}: a document supports level 3 at most")
        if self.level > Grade.ATTESTED.cap and self.or_about:
            raise ValueError(f"{self.id}: a signed waiver supports level 3 at most")
        return self


class Rubric(Part):
    """All dimensions, gates and predicates; the digest is of the parsed content."""

    version: int
    dimensions: tuple[Dimension, ...]
    gates: tuple[GateNeed, ...]
    predicates: tuple[Predicate, ...]
    digest: str

    def of(self, dimension: DimensionId) -> tuple[Predicate, ...]:
        """The predicates of one dimension, lowest level first, cheapest first within a level."""
        found = (p for p in self.predicates if p.dimension == dimension)
        return tuple(sorted(found, key=lambda p: p.level))


def read_rubric(text: str) -> Rubric:
    """The rubric in TOML ``text``.

    Raises:
        ValueError: The text is not TOML, a field is wrong, or an id stands twice.
    """
    table = tomllib.loads(text)
    rubric = Rubric(
        version=table["version"],
        dimensions=table["dimension"],
        gates=table["gate"],
        predicates=table["predicate"],
        digest=digest(table),
    )
    _no_twins([p.id for p in rubric.predicates])
    return rubric


@cache
def shipped_rubric() -> Rubric:
    """The rubric that comes with the product."""
    text = files("tuneworthy.assess").joinpath("rubric.toml").read_text(encoding="utf-8")
    return read_rubric(text)


def _no_twins(ids: Sequence[str]) -> None:
    twins = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twins:
        raise ValueError(f"predicate ids stand twice: {', '.join(twins)}")
