"""The need, the way of tuning that answers it, and whether the data at hand are of that kind."""

from typing import Literal

from tuneworthy.core.nouns.base import Part


class DataShape(Part):
    """What kind of rows a dataset holds, after cleaning. Lengths are in characters."""

    rows: int
    with_tools: int
    """Rows that declare functions."""
    calls: int
    """Rows whose target is a call: a JSON object with a name and arguments."""
    pairs: int
    """Preference pairs: an answer chosen and one rejected."""
    documents: int
    """Plain text without any question."""
    several_turns: int
    with_system: int
    distinct_targets: int
    commonest_shape: str
    """JSON object, JSON list, JSON value or text."""
    shape_share: float
    """Share of targets with the commonest shape."""
    target_median: float
    target_p95: float
    short_targets: int
    """Targets of fewer than ten characters."""


class Requirement(Part):
    """One thing that an approach asks of the data or of the machine; None: not known."""

    id: str
    text: str
    needed: str
    found: str
    held: bool | None


class ApproachRow(Part):
    """One row of the table of needs, with what the data at hand say to it."""

    need: str
    title: str
    approach: str
    minimum: int
    plenty: int | None
    unit: str
    compute: str
    requirements: tuple[Requirement, ...]
    fits: bool | None
    """Whether everything holds; None while something is not known and nothing fails."""


class ApproachCheck(Part):
    """The chosen row first, then the other five; what is missing, in words and numbers."""

    goal: str
    chosen: ApproachRow
    others: tuple[ApproachRow, ...]
    missing: tuple[str, ...]
    knowledge_branch: Literal["asked", "not asked"]
    """Whether "is domain knowledge missing?" decides: only when the goal is knowledge."""
    notes: tuple[str, ...]
