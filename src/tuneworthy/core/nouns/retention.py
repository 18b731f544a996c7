"""How long each kind of thing is kept, what is due, and what must be kept in spite of that."""

from typing import ClassVar, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part

RetentionClass = Literal["interactions", "datasets", "weights", "outputs", "record"]
"""Recorded traffic; dataset versions; adapters and checkpoints; answers and caches; the record."""


class RetentionSettings(Part):
    """Days of keeping: Regulation (EU) 2024/1689, Art. 26(6) for traffic, 18 for the record."""

    interactions: int = Field(default=190, ge=1)
    """Recorded requests, answers and words on them. Six months can be 184 days."""
    datasets: int = Field(default=365, ge=0)
    """Rows of a dataset version, after the last version of a model that was made from it ended."""
    weights: int = Field(default=365, ge=0)
    """Adapters, after the version was last served."""
    outputs: int = Field(default=365, ge=1)
    """Answers of evaluations, remembered answers, step outputs."""
    record: int = Field(default=3650, ge=1)
    """Audit chain, approvals, cards: never deleted by this program, and shown when due."""


class Due(Part):
    """What is kept longer than its class allows, or will be."""

    what: RetentionClass
    kind: str
    id: str
    count: int
    since: str
    """From when its days count, ISO date."""
    due: str
    """The day from which it is deleted, ISO date."""
    held: str = ""
    """The legal hold that forbids it; empty when none does."""
    over: bool = False
    """Whether the day has come."""


class LegalHold(Noun):
    """That something must not be deleted. ``ref`` is a version's id, or a person's opaque one."""

    kind: ClassVar[str] = "legal_hold"
    project: str
    what: Literal["subject", "version"]
    ref: str
    person: str
    reason: str
    created_at: str
    released_by: str = ""
    released_reason: str = ""
    released_at: str = ""
