"""The interval of a mean paired difference, by the way that suits the numbers.

0/1 scores of single cases: Tango's score interval. All else: the bootstrap over cases, or over
whole groups where cases come in groups.
"""

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.methods.bootstrap import RESAMPLES, FloatArray, bca
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.paired.pairs import Pairs
from tuneworthy.methods.paired.tango import tango


def delta_interval(
    pairs: Pairs, *, level: float = 0.95, seed: int = 7, resamples: int = RESAMPLES
) -> Interval:
    """Candidate minus baseline with its bounds at this confidence; n counts cases.

    Without any variation the bounds say how much other cases could still differ.
    """
    n = len(pairs)
    if n and pairs.binary and pairs.groups is None:
        low, high = tango(pairs.better, pairs.worse, n, level)
        value = (pairs.better - pairs.worse) / n
        return Interval(value=value, low=min(low, value), high=max(high, value), n=n)
    reach = _reach(pairs)
    return mean_of_units(
        *pairs.units,
        bounds=(-reach, reach),
        n=n,
        level=level,
        seed=seed,
        resamples=resamples,
    )


def arm_interval(pairs: Pairs, values: FloatArray, *, seed: int = 7) -> Interval:
    """The 95 % interval of one arm's mean, drawn in the groups that the pairs come in."""
    if len(values) and pairs.groups is None and pairs.binary and values.min() >= 0:
        return wilson(int(values.sum()), len(values))
    in_shares = not len(values) or (values.min() >= 0 and values.max() <= 1)
    bounds = (0.0, 1.0) if in_shares else (float(values.min()), float(values.max()))
    sums, sizes = pairs.in_groups(values)
    return mean_of_units(sums, sizes, bounds=bounds, n=len(values), seed=seed)


def mean_of_units(
    sums: FloatArray,
    sizes: FloatArray,
    *,
    bounds: tuple[float, float],
    n: int,
    level: float = 0.95,
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> Interval:
    """Mean over units; ``bounds`` are the least and the greatest that a single value can be."""
    lowest, highest = bounds
    if len(sums) < 2:
        value = float(sums.sum() / sizes.sum()) if len(sums) else 0.0
        return Interval(value=value, low=lowest, high=highest, n=n)
    value = float(sums.sum() / sizes.sum())
    if np.ptp(sums / sizes) == 0:
        # With this confidence at most a share ``other`` of the units is anything else.
        other = 1 - (1 - level) ** (1 / len(sums))
        base = value * (1 - other)
        return Interval(value=value, low=base + lowest * other, high=base + highest * other, n=n)
    alone = bool(np.all(sizes == 1))
    low, high = bca(sums, None if alone else sizes, level=level, seed=seed, resamples=resamples)
    return Interval(value=value, low=low, high=high, n=n)


def _reach(pairs: Pairs) -> float:
    """The largest difference that the scale allows: 1 for scores in 0..1, else the range seen."""
    if not len(pairs):
        return 1.0
    both = np.concatenate([pairs.ours, pairs.theirs])
    if both.min() >= 0 and both.max() <= 1:
        return 1.0
    return float(np.ptp(both)) or float(np.abs(both).max())
