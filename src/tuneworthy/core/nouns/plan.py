"""Ninety days of work in three steps, taken from the gaps."""

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.scorecard import DimensionId


class PlanTask(Part):
    """One thing to do. What nobody has decided yet is named in ``blanks``, never made up."""

    dimension: DimensionId
    predicate: str
    text: str
    command: str = ""
    """What to type; empty while nothing produces the evidence."""
    first: str = ""
    """What must be done, or happen, before that works; empty when typing it is enough."""
    owner: str = ""
    """Who is accountable, by name and role; empty when nobody holds the role."""
    blanks: tuple[str, ...] = ()
    renewal: bool = False
    """True for evidence that stands now and goes stale within the step."""


class PlanStep(Part):
    """Thirty days, with the gates that they are to open."""

    number: int
    first_day: int
    last_day: int
    gates: tuple[str, ...]
    goal: str
    tasks: tuple[PlanTask, ...]


class NinetyDays(Part):
    """Three steps in the order of the gates."""

    steps: tuple[PlanStep, ...]
    blanks: tuple[str, ...]
    """Every blank of the plan once, in order."""
    rubric: str
    """Digest of the rubric that the plan follows."""
