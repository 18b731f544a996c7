"""Intervals that hold for many shares at once, so that the best of many may be looked at.

Source: Bonferroni's inequality, as in Dunn (1961), J. Am. Stat. Assoc. 56, 52-64; the single
intervals are Wilson's (1927), J. Am. Stat. Assoc. 22, 209-212.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

from tuneworthy.core.nouns.base import Interval


def wilson_at(share: float, n: int, confidence: float) -> Interval:
    """Wilson's interval of a mean of ``n`` marks in 0..1 at any confidence.

    Marks between 0 and 1 vary no more than yes and no with the same mean, so for them it errs wide.

    Raises:
        ValueError: The share or the confidence is not between 0 and 1, or n is negative.
    """
    if not (0 <= share <= 1 and 0 < confidence < 1 and n >= 0):
        raise ValueError(f"share {share}, confidence {confidence}, n {n}")
    if n == 0:
        return Interval(value=share, low=0.0, high=1.0, n=0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    scale = 1 + z**2 / n
    middle = (share + z**2 / (2 * n)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = 0.0 if share == 0 else max(0.0, middle - half)
    high = 1.0 if share == 1 else min(1.0, middle + half)
    return Interval(value=share, low=min(low, share), high=max(high, share), n=n)


def best_of(scores: Sequence[Interval], confidence: float = 0.95) -> Interval:
    """Interval of the highest true share among many, not of the one that happened to score best.

    Each share gets the confidence 1 - (1 - confidence) / m. When all m intervals hold at once, the
    highest true share lies between the highest lower and the highest upper bound.

    Raises:
        ValueError: There are no scores.
    """
    if not scores:
        raise ValueError("the best of no scores")
    each = 1 - (1 - confidence) / len(scores)
    found = [wilson_at(score.value, score.n, each) for score in scores]
    best = max(scores, key=lambda score: score.value)
    return Interval(
        value=best.value,
        low=max(one.low for one in found),
        high=max(one.high for one in found),
        n=best.n,
    )
