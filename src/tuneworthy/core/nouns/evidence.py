"""A claim that can be checked: what was found, about which bytes, by whom, until when."""

from enum import StrEnum
from typing import Any, ClassVar, Literal

from tuneworthy.core.nouns.base import Noun


class Grade(StrEnum):
    """How a claim came to be; it caps the level that the claim can support."""

    DECLARED = "declared"
    ATTESTED = "attested"
    MEASURED = "measured"

    @property
    def cap(self) -> int:
        """Highest readiness level this grade can support (declared 2, attested 3, measured 5)."""
        return {"declared": 2, "attested": 3, "measured": 5}[self.value]


ANY_SUBJECT = "*"
"""Stands for every subject: of a claim that was changed nobody can say what it was about."""


class Evidence(Noun):
    """One claim. ``id`` is its digest over everything but the id.

    ``about`` names its fact, in dotted form (``data.profile``, ``ceiling.prompts``,
    ``rollout.rollback_drill``). ``stale_after_days`` None means only a new subject digest
    makes it stale.
    """

    kind: ClassVar[str] = "evidence"
    about: str
    project: str
    grade: Grade
    subjects: tuple[str, ...]
    producer: Literal["job", "upload", "form"]
    producer_version: str
    result: dict[str, Any]
    created_at: str
    stale_after_days: int | None = None
    signer: str = ""


class Expiry(Noun):
    """That a piece of evidence became too old for one predicate; written once, never taken back."""

    kind: ClassVar[str] = "expiry"
    project: str
    evidence: str
    predicate: str
    created_at: str
