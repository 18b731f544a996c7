"""A kept run scored anew from its raw answers, without any model."""

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Case


class ScoreChange(Part):
    """A case whose score is another one than was recorded."""

    case: str
    recorded: float
    found: float


class Replay(Part):
    """What the kept answers score now."""

    run: str
    arm: str
    model_name: str
    metric: MetricSettings
    as_recorded: bool
    """Whether this is how the run was scored: then any change of score is a fault."""
    score: Interval
    valid_share: float
    recorded: Interval
    changed: tuple[ScoreChange, ...]


class KeptCase(Part):
    """One question with the answer that was kept."""

    case: Case
    result: CaseResult
    cost: float | None = None
    """Money for this answer; None where the run has no prices or counted no tokens."""
