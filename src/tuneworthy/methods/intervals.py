"""95 % intervals for proportions, bounded means and quantiles.

Sources: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, for proportions; ``bootstrap`` for bounded
means; Hanley and Lippman-Hand (1983), JAMA 249, 1743-1745, for samples without any variation (the
exact form of their rule of three).
"""

import math
from collections.abc import Sequence

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.methods.bootstrap import RESAMPLES, FloatArray, bca

Z95 = 1.959963984540054


def wilson(successes: float, n: int) -> Interval:
    """Wilson's score interval; with n = 0 nothing is known and the interval is [0, 1].

    Raises:
        ValueError: There are fewer than 0 or more than n successes.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes out of {n}")
    if n == 0:
        return Interval(value=0.0, low=0.0, high=1.0, n=0)
    p = successes / n
    middle = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2))
    # At 0 and n the exact bound is the edge itself; rounding must not move it inside.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Interval(value=p, low=low, high=high, n=n)


def mean_interval(scores: Sequence[float], *, seed: int = 7) -> Interval:
    """The mean of scores in 0..1: Wilson when all are 0 or 1, else the BCa bootstrap.

    Raises:
        ValueError: A score is not a number between 0 and 1.
    """
    values = np.asarray(scores, dtype=np.float64)
    if not np.all((values >= 0) & (values <= 1)):
        raise ValueError("scores must lie between 0 and 1")
    if np.all((values == 0) | (values == 1)):
        return wilson(int(values.sum()), len(values))
    return bootstrap_mean(values, lowest=0.0, highest=1.0, seed=seed)


def bootstrap_mean(
    values: FloatArray, *, lowest: float, highest: float, seed: int = 7, resamples: int = RESAMPLES
) -> Interval:
    """BCa bootstrap interval of a mean whose terms lie between ``lowest`` and ``highest``."""
    n = len(values)
    mean = float(values.mean()) if n else (lowest + highest) / 2
    if n < 2:
        return Interval(value=mean, low=lowest, high=highest, n=n)
    if values.min() == values.max():
        return _constant(mean, n, lowest, highest)
    low, high = bca(values, seed=seed, resamples=resamples)
    return Interval(value=mean, low=low, high=high, n=n)


def quantile_interval(values: Sequence[float], q: float) -> Interval:
    """A sample quantile with its distribution-free interval from binomial order statistics.

    Raises:
        ValueError: There are no values.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n = len(ordered)
    if n == 0:
        raise ValueError("a quantile of no values")
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    low = int(stats.binom.ppf(0.025, n, q))
    high = int(stats.binom.ppf(0.975, n, q))
    value = float(np.quantile(ordered, q))
    return Interval(
        value=value,
        low=min(value, float(ordered[max(0, low - 1)])),
        high=max(value, float(ordered[min(n - 1, high)])),
        n=n,
    )


def _constant(value: float, n: int, lowest: float, highest: float) -> Interval:
    """All n values are equal: with 95 % confidence at most a share ``other`` is anything else."""
    other = 1 - 0.05 ** (1 / n)
    base = value * (1 - other)
    return Interval(value=value, low=base + lowest * other, high=base + highest * other, n=n)
