"""What scoring a file of answers says; needs no project."""

from pydantic import Field

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.metric import MetricSettings


class ScoredAnswer(Part):
    """One line of a result file, as ``eval compare`` reads it."""

    id: str
    score: float
    valid: bool
    error: str = ""
    segment: str = ""
    group: str = ""
    latency_s: float | None = None
    cost: float | None = None


class ScoredFile(Part):
    """A file of answers after scoring."""

    file: str
    metric: MetricSettings
    n: int
    score: Interval
    """The mean score with its 95 % interval, in 0..1."""
    valid_share: float
    errors: dict[str, int] = Field(default_factory=dict)
    """How often each error came, the commonest first."""
    figures: dict[str, float] = Field(default_factory=dict)
    """Further figures over all cases, such as F1 by label."""
    out: str = ""
    """The result file; empty when none was asked for."""
