"""What a paired comparison says beside its interval and its p: effects, segments, margin, power."""

from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part

Verdict = Literal["clearly better", "within noise", "clearly worse", "too few cases"]

EffectName = Literal["risk difference", "odds ratio", "Cohen's dz", "dominance"]


class Effect(Part):
    """How large a difference is, with its 95 % interval; None where there is no number for it."""

    name: EffectName
    value: float | None
    low: float | None
    high: float | None
    """None beside a low bound: there is no upper bound."""


class SegmentDelta(Part):
    """Candidate minus baseline on the cases of one segment."""

    segment: str
    n: int
    baseline: float
    """Mean score of the baseline."""
    candidate: float
    delta: Interval
    p_value: float
    p_holm: float
    """Adjusted by Holm's way for all segments of the comparison."""
    verdict: Verdict


class PrimaryTest(Part):
    """One of several primary suites: its gain's p by itself, and adjusted for all by Holm's way."""

    name: str
    p_value: float
    p_holm: float


class NonInferiority(Part):
    """Whether a loss of ``margin`` or more is ruled out, with the bound that decides."""

    passed: bool
    margin: float
    delta: Interval
    """Candidate minus baseline, higher being better; its lower bound decides."""
    n: int
    why: str


class Power(Part):
    """How many cases would show the declared gain."""

    gain: float
    """In the score's own unit."""
    n_needed: int | None
    """For 80 % power; None where the differences do not vary, or the gain is next to nothing."""
    power: float | None
    """Chance of showing the gain with the cases at hand."""


class ArmMean(Part):
    """One arm's mean."""

    mean: float
    interval: tuple[float, float]
    """95 %."""


class NoiseFloor(Part):
    """What two runs of the same arm say of the measurement itself."""

    floor: float
    """The largest difference, either way, that such runs may show (95 %)."""
    changed: int
    """Cases that scored differently."""
    share: float


class CompareResult(Part):
    """A paired comparison of one field; candidate minus base in the field's own unit."""

    metric: str
    better_is: Literal["higher", "lower"]
    n: int
    groups: int | None
    """Groups that the cases came in; None where every case stands for itself."""
    only_base: int = 0
    """Cases left out because only the base has them; ``only_candidate`` likewise."""
    only_candidate: int = 0
    base: ArmMean
    candidate: ArmMean
    delta: Interval
    p_value: float
    test: str
    why: str
    """Why that test."""
    newly_better: int
    """Cases in which the candidate is the better one."""
    newly_worse: int
    effects: tuple[Effect, ...]
    """Above 0 (an odds ratio above 1) the candidate is better, whatever the unit."""
    segments: tuple[SegmentDelta, ...]
    non_inferiority: NonInferiority | None
    power: Power
    alpha: float
    verdict: Verdict
    words: str
    """The verdict in a sentence."""
    noise: NoiseFloor | None = None
    """Only for two runs of the same arm."""

    @property
    def vetoes(self) -> tuple[str, ...]:
        """Segments that are clearly worse: each stops a release, however good the whole is."""
        return tuple(one.segment for one in self.segments if one.verdict == "clearly worse")
