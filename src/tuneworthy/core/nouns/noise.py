"""What the same model says when it is asked the same cases once more."""

from tuneworthy.core.nouns.base import Interval, Part


class NoiseRun(Part):
    """Two runs of one arm on one model, the second in another order and without any memory."""

    arm: str
    model: str
    n: int
    changed_answers: int
    """Cases whose answer is another text."""
    changed_scores: int
    delta: Interval
    """Second run minus first."""
    floor: float
    """The largest difference, either way, that asking anew makes (95 %)."""
    holds_still: bool
    """The two runs do not differ clearly."""
    words: str
