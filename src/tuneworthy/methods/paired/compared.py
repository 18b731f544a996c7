"""Two ways of answering the same cases, compared case by case.

Sources: McNemar (1947), Psychometrika 12, 153-157, in its exact binomial form; Wilcoxon (1945),
Biometrics Bulletin 1, 80-83, for scores between 0 and 1; the interval is a paired bootstrap of the
mean difference (Efron 1987, see ``intervals``).
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.methods.bootstrap import FloatArray
from tuneworthy.methods.intervals import bootstrap_mean

Verdict = Literal["clearly better", "within noise", "clearly worse", "too few cases"]

MIN_CASES = 30
ALPHA = 0.05


class PairedResult(Part):
    """Candidate minus baseline, with the cases that changed sides."""

    delta: Interval
    p_value: float
    """Exact McNemar for 0/1 scores, Wilcoxon's signed ranks otherwise; two-sided."""
    newly_right: int
    """Cases the candidate scores higher."""
    newly_wrong: int
    """Cases the candidate scores lower."""
    verdict: Verdict


def compare(
    candidate: Sequence[float], baseline: Sequence[float], *, seed: int = 7
) -> PairedResult:
    """Compare scores in 0..1 of the same cases in the same order.

    Raises:
        ValueError: The lengths differ, or a score is not a number between 0 and 1.
    """
    ours = np.asarray(candidate, dtype=np.float64)
    theirs = np.asarray(baseline, dtype=np.float64)
    if ours.shape != theirs.shape:
        raise ValueError(f"{len(ours)} candidate scores against {len(theirs)} baseline scores")
    both = np.concatenate([ours, theirs])
    if not np.all((both >= 0) & (both <= 1)):
        raise ValueError("scores must lie between 0 and 1")
    differences = ours - theirs
    right, wrong = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    binary = bool(np.all((both == 0) | (both == 1)))
    p_value = mcnemar(right, wrong) if binary else _wilcoxon(differences)
    delta = bootstrap_mean(differences, lowest=-1.0, highest=1.0, seed=seed)
    return PairedResult(
        delta=delta,
        p_value=p_value,
        newly_right=right,
        newly_wrong=wrong,
        verdict=_verdict(delta, p_value),
    )


def mcnemar(newly_right: int, newly_wrong: int) -> float:
    """McNemar's exact two-sided p: is either direction of change more frequent than a coin's?"""
    changed = newly_right + newly_wrong
    if changed == 0:
        return 1.0
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    answer: Any = stats.binomtest(newly_right, changed, 0.5).pvalue
    return float(answer)


def _wilcoxon(differences: FloatArray) -> float:
    changed = differences[differences != 0]
    if len(changed) == 0:
        return 1.0
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    answer: Any = stats.wilcoxon(changed).pvalue
    return min(1.0, float(answer))


def _verdict(delta: Interval, p_value: float) -> Verdict:
    """Both the test and the interval must agree before a difference is called clear."""
    if delta.n < MIN_CASES:
        return "too few cases"
    if p_value < ALPHA and delta.low > 0:
        return "clearly better"
    if p_value < ALPHA and delta.high < 0:
        return "clearly worse"
    return "within noise"
