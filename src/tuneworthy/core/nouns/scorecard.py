"""Six readiness levels, as declared and as evidenced, and what would lift them."""

from typing import Literal

from tuneworthy.core.nouns.base import Part

DimensionId = Literal["D1", "D2", "D3", "D4", "D5", "D6"]


class PredicateResult(Part):
    """One condition of a level: held now or not, and by which evidence."""

    id: str
    level: int
    text: str
    held: bool
    evidence: str = ""
    """The evidence id, empty when none."""
    command: str = ""
    """The cheapest next command that would produce the evidence."""


class DimensionScore(Part):
    """Level 1..5 of one dimension: what was typed in, and what is proved."""

    id: DimensionId
    name: str
    declared: int
    evidenced: int
    target: int
    predicates: tuple[PredicateResult, ...]


class Gap(Part):
    """A dimension below its target, with the first thing to do about it."""

    dimension: DimensionId
    name: str
    level: int
    target: int
    missing: str
    command: str
    gate: str
    """The gate that this gap keeps shut."""


class Scorecard(Part):
    """All six dimensions. The mean gives the band, the minimum the decision."""

    dimensions: tuple[DimensionScore, ...]
    mean: float
    band: str
    minimum: int
    gaps: tuple[Gap, ...]
    rubric: str
    """Digest of the rubric file used."""
