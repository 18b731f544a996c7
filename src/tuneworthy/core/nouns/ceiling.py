"""How far prompting goes: every way that was run, and the gap to the target."""

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.run import EvaluationRun


class CeilingVerdict(Part):
    """The best prompt against the target. Shares and gaps are 0..1."""

    target: float
    reached: bool
    """Whether the best prompt's score is at or above the target."""
    best: str = ""
    """Name of the best prompt; empty when none was run."""
    model: str = ""
    """Name of the model that it was run on."""
    score: Interval | None = None
    gap: Interval | None = None
    """Target less score, with the score's own 95 % interval; below 0 when the target is passed."""
    gap_adjusted: Interval | None = None
    """Target less the best of all prompts, adjusted for choosing the best of so many."""
    adjustment: str = ""
    """Name of the adjustment."""
    prompts: int = 0
    """How many pairs of prompt and model the best was chosen from."""
    sentence: str
    notes: tuple[str, ...] = ()


class Ceiling(Part):
    """Every alternative to tuning that has been run on the frozen suite, best first."""

    verdict: CeilingVerdict
    runs: tuple[EvaluationRun, ...]
