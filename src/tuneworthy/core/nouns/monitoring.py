"""What monitoring sees, whom it wakes, and what it proposes."""

from typing import ClassVar, Literal

from tuneworthy.core.nouns.base import Noun, Part


class DriftResult(Part):
    """A two-sample test of a window of live requests against the reference requests."""

    reference: int
    window: int
    p_mmd: float
    p_novelty: float
    p_value: float
    """Bonferroni-combined: min(1, 2 * min(p_mmd, p_novelty))."""
    alpha: float
    drifted: bool
    novel_share: float
    """Share of the window farther from the reference than its own 95 % quantile."""
    examples: tuple[str, ...] = ()
    """The most novel requests, at most five."""


class Alert(Noun):
    """Something a person should look at."""

    kind: ClassVar[str] = "alert"
    project: str
    about: str
    severity: Literal["info", "warning", "critical"]
    message: str
    owner: str
    evidence: tuple[str, ...]
    state: Literal["open", "acknowledged", "closed"] = "open"
    created_at: str


class Proposal(Noun):
    """What the system suggests; a person decides, and the four gates still stand."""

    kind: ClassVar[str] = "proposal"
    project: str
    action: Literal["retrain", "repair_prompt", "roll_back", "investigate"]
    reason: str
    evidence: tuple[str, ...]
    steps: tuple[str, ...]
    state: Literal["open", "accepted", "declined"] = "open"
    created_at: str
