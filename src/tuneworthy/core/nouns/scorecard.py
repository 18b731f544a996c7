"""Six readiness levels, as declared and as evidenced, and what would lift them."""

from fractions import Fraction
from typing import Literal, Self

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.enterprise import EnterpriseAnswer

DimensionId = Literal["D1", "D2", "D3", "D4", "D5", "D6"]

Reason = Literal[
    "",
    "none",
    "unknown",
    "low_grade",
    "other_subject",
    "stale",
    "condition",
    "order",
    "count",
    "gate_shut",
    "not_answered",
]
"""Why a predicate does not hold: nothing was found, or what about it does not serve."""


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
    first: str = ""
    """What must be done before the command closes it; empty when typing it is enough."""
    reachable: bool = True
    """False where something else stands in the way of the command now."""
    needs: str = ""
    """The least grade that will do."""
    grade: str = ""
    """The grade of the evidence that was looked at; ``declared`` where answers alone hold it."""
    age_days: float | None = None
    stale_in_days: float | None = None
    """Days until age alone ends it; negative since then, None where age does not matter."""
    stale_when: str = ""
    """What would make it stale, in words."""
    reason: Reason = ""
    why: str = ""
    """Why it does not hold, with the values found."""
    nearest: str = ""
    """Id of the evidence that came nearest, where none serves."""


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
    """The first shut gate that needs the dimension, in whose turn the gap is closed."""
    opens: str = ""
    """The shut gate that lacks this very evidence; empty where no gate asks for it."""
    first: str = ""
    reachable: bool = True
    predicate: str = ""
    why: str = ""
    missing_count: int = 0
    """How many predicates up to the target do not hold."""


class Uncounted(Part):
    """Evidence that is shown and never counted, with the reason."""

    evidence: str
    about: str
    why: str
    doubt: Literal["time", "content", "subject"] = "content"
    """What cannot be relied on: its time stamp, what it says, or that its subject exists."""


class Readiness(Part):
    """What the levels allow, and the stop questions that forbid it whatever the levels are."""

    train: bool = False
    release: bool = False
    scale: bool = False
    stopped_by: tuple[str, ...] = ()


class Scorecard(Part):
    """All six dimensions. The mean gives the band, the minimum the decision."""

    dimensions: tuple[DimensionScore, ...]
    mean: float
    band: str
    minimum: int
    gaps: tuple[Gap, ...]
    rubric: str
    """Digest of the rubric file used."""
    rubric_version: int = 0
    rubric_name: str = ""
    """The rubric's file, empty for the one that comes with the product."""
    enterprise: tuple[EnterpriseAnswer, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    readiness: Readiness = Readiness()

    @property
    def exact_mean(self) -> Fraction:
        """The mean level, unrounded."""
        levels = [d.evidenced for d in self.dimensions]
        return Fraction(sum(levels), len(levels))

    def timeless(self) -> Self:
        """The same without ages, so that the same findings look the same an hour later."""
        no_age = {"age_days": None, "stale_in_days": None}
        dimensions = tuple(
            d.model_copy(
                update={"predicates": tuple(p.model_copy(update=no_age) for p in d.predicates)}
            )
            for d in self.dimensions
        )
        return self.model_copy(update={"dimensions": dimensions})
