"""How the score of a tuned model grows with its training rows."""

from tuneworthy.core.nouns.base import Interval, Part


class CurvePlan(Part):
    """What a learning curve will take, said before it is made."""

    trainings: int
    trainings_left: int
    """Those not yet in the step memory."""
    training_rows: int
    """Rows that all trainings together read once."""
    folds: int
    """Folds of the training split that are judged beside the validation split."""
    cases: int
    """Answers that each point is judged by."""
    cpu_seconds: float
    """For the trainings left, from the estimate of the whole training."""
    wall_seconds: float
    seconds_per_answer: float | None
    """CPU seconds, from earlier runs of this project; None while there are none."""


class CurvePoint(Part):
    """One share of the training rows and the score it gave."""

    percent: int
    rows: int
    """Rows of the largest training at this share."""
    score: Interval


class LearningCurve(Part):
    """The points, and what follows from them."""

    points: tuple[CurvePoint, ...]
    groups: int
    """Groups of similar cases among those judged."""
    step: float
    """Score at the last point less the one before."""
    step_low: float
    """Lower end of the step's two-sided 90 % interval."""
    step_p: float
    """One-sided exact sign test over groups."""
    rising: bool
    target: float
    target_met: bool
    rule: str
    text: str
