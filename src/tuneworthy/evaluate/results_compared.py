"""One field of two arms' results, compared in full: verdict, effects, segments, margin, power."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.comparing import (
    ArmMean,
    CompareResult,
    NoiseFloor,
    NonInferiority,
    SegmentDelta,
    Verdict,
)
from tuneworthy.evaluate.pairing import Paired
from tuneworthy.methods.bootstrap import FloatArray
from tuneworthy.methods.paired import (
    PairedResult,
    Pairs,
    arm_interval,
    by_segment,
    compare_pairs,
    effects,
    non_inferior_pairs,
    plan,
)

GAIN = 0.05
"""The gain planned for where none is declared: of scores in 0..1 so much, else of the mean."""

LOWER = ("latency", "cost", "seconds", "wall_", "cpu_", "prompt_tokens", "completion_tokens")
"""Beginnings of the names of fields of which less is better."""


@dataclass(frozen=True)
class CompareOptions:
    """How two arms are compared.

    Attributes:
        metric: The field.
        better: Which way is better; empty to know it by the field's name.
        margin: The loss, in the field's unit, that is still no worse; None: not asked.
        gain: The difference that would matter, in the field's unit; None for ``GAIN``.
        alpha: Chance of a false verdict, two-sided.
        floor: Differences up to this one are the measurement's own noise.
        same_arm: Both are runs of the same arm: what differs is noise.
        common: Cases that only one arm has may be left out.
    """

    metric: str = "score"
    better: Literal["higher", "lower", ""] = ""
    margin: float | None = None
    gain: float | None = None
    alpha: float = 0.05
    floor: float = 0.0
    same_arm: bool = False
    common: bool = False

    @property
    def less_is_better(self) -> bool:
        """Whether the candidate should have the lower numbers."""
        return (self.better or ("lower" if self.metric.startswith(LOWER) else "")) == "lower"


def compare_results(paired: Paired, options: CompareOptions) -> CompareResult:
    """Everything that the two arms' numbers say, candidate against base."""
    turn = -1.0 if options.less_is_better else 1.0
    pairs = Pairs.of(
        [turn * value for value in paired.candidate],
        [turn * value for value in paired.base],
        paired.groups,
    )
    found = compare_pairs(pairs, alpha=options.alpha)
    margin = options.margin
    shown = None if margin is None else non_inferior_pairs(pairs, margin, alpha=options.alpha)
    verdict = _verdict(found, shown, options.floor)
    segments = by_segment(pairs, paired.segments, alpha=options.alpha, margin=margin)
    less = options.less_is_better
    return CompareResult(
        metric=options.metric,
        better_is="lower" if less else "higher",
        n=len(pairs),
        groups=None if pairs.groups is None else len(pairs.units[0]),
        only_base=paired.only_base,
        only_candidate=paired.only_candidate,
        base=_arm(pairs, pairs.theirs * turn),
        candidate=_arm(pairs, pairs.ours * turn),
        delta=_turned(found.delta, less),
        p_value=found.p_value,
        test=found.test,
        why=found.why,
        newly_better=found.newly_right,
        newly_worse=found.newly_wrong,
        effects=effects(pairs, _turned(found.delta, less)),
        segments=tuple(_turned_segment(one, less) for one in segments),
        non_inferiority=shown,
        power=plan(pairs, options.gain or _gain(paired.base, options.metric), options.alpha),
        alpha=options.alpha,
        verdict=verdict,
        words=_words(verdict, found, shown, options, pairs),
        noise=_noise(found, len(pairs)) if options.same_arm else None,
    )


def _verdict(found: PairedResult, shown: NonInferiority | None, floor: float) -> Verdict:
    """A clear loss within a declared margin, or within the known noise, is not called worse."""
    clear = found.verdict in ("clearly better", "clearly worse")
    allowed = found.verdict == "clearly worse" and shown is not None and shown.passed
    if allowed or (clear and abs(found.delta.value) <= floor):
        return "within noise"
    return found.verdict


def _words(
    verdict: Verdict,
    found: PairedResult,
    shown: NonInferiority | None,
    options: CompareOptions,
    pairs: Pairs,
) -> str:
    if options.same_arm:
        if found.verdict in ("clearly better", "clearly worse"):
            return "Two runs of the same arm differ clearly: what is measured does not hold still."
        return "Two runs of the same arm differ by no more than chance."
    if verdict == "too few cases":
        groups = "" if pairs.groups is None else f" in {len(pairs.units[0])} groups"
        return f"{len(pairs)} cases{groups} are too few to call a gain; no loss is shown."
    if verdict != found.verdict:
        if shown is not None and shown.passed:
            return "The candidate loses, by less than the margin that was declared."
        return f"The difference is no larger than the noise of {options.floor:g}."
    if verdict == "within noise":
        return "The difference is within what chance does."
    return f"The candidate is {verdict}."


def _noise(found: PairedResult, n: int) -> NoiseFloor:
    changed = found.newly_right + found.newly_wrong
    return NoiseFloor(
        floor=max(abs(found.delta.low), abs(found.delta.high)),
        changed=changed,
        share=changed / n if n else 0.0,
    )


def _gain(base: Sequence[float], metric: str) -> float:
    """Seconds, tokens and money are no shares, however small."""
    if min(base) >= 0 and max(base) <= 1 and not metric.startswith(LOWER):
        return GAIN
    return GAIN * abs(statistics.fmean(base)) or GAIN


def _arm(pairs: Pairs, values: FloatArray) -> ArmMean:
    found = arm_interval(pairs, values)
    return ArmMean(mean=found.value, interval=(found.low, found.high))


def _turned(found: Interval, less: bool) -> Interval:
    """Back into the field's own unit."""
    if not less:
        return found
    return Interval(value=-found.value, low=-found.high, high=-found.low, n=found.n)


def _turned_segment(one: SegmentDelta, less: bool) -> SegmentDelta:
    if not less:
        return one
    return one.model_copy(
        update={
            "baseline": -one.baseline,
            "candidate": -one.candidate,
            "delta": _turned(one.delta, less),
        }
    )
