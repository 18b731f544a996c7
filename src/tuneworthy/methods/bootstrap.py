"""The bootstrap interval of a mean, over cases or over whole groups of them.

Bias-corrected and accelerated (Efron 1987, J. Am. Stat. Assoc. 82, 171-185), with the two levels
moved outwards for small samples (Hesterberg 2015, The American Statistician 69, 371-386, section
5.2): a bootstrap of n units is too narrow by sqrt((n - 1) / n) and knows nothing of Student's t.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RESAMPLES = 10_000
_LEAST = 2_000
_DRAWS = 200_000_000
"""Draws in all; where n is large fewer resamples give the same bounds."""
_CELLS = 4_000_000
"""Random draws held in memory at once."""


def bca(
    sums: FloatArray,
    sizes: FloatArray | None = None,
    *,
    level: float = 0.95,
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Bounds of sum(sums) / sum(sizes) when units are drawn anew; units must vary.

    Args:
        sums: One number a unit: a case's value, or the sum over a group.
        sizes: Cases in each unit; None when each unit is one case.
        level: Confidence, 0..1.
        seed: Of the draws.
        resamples: How many samples are drawn.

    Raises:
        ValueError: There are fewer than two units.
    """
    n = len(sums)
    if n < 2:
        raise ValueError(f"a bootstrap over {n} units")
    mean = float(sums.sum() / (n if sizes is None else sizes.sum()))
    means = _resampled(sums, sizes, seed, max(min(resamples, _LEAST), min(resamples, _DRAWS // n)))
    low, high = np.quantile(means, _levels(_without_one(sums, sizes), means, mean, level))
    return min(float(low), mean), max(float(high), mean)


def _resampled(sums: FloatArray, sizes: FloatArray | None, seed: int, resamples: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    rows = max(1, _CELLS // len(sums))
    parts = []
    for start in range(0, resamples, rows):
        drawn = rng.integers(0, len(sums), (min(rows, resamples - start), len(sums)))
        if sizes is None:
            parts.append(sums[drawn].mean(axis=1))
        else:
            parts.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(parts)


def _without_one(sums: FloatArray, sizes: FloatArray | None) -> FloatArray:
    """The mean without each unit in turn: the jackknife."""
    n = len(sums)
    rest: Any = (n - 1) if sizes is None else sizes.sum() - sizes
    left: FloatArray = (sums.sum() - sums) / rest
    return left


def _levels(left: FloatArray, means: FloatArray, mean: float, level: float) -> list[float]:
    """The two quantile levels of Efron (1987), equations 2.3 and 6.6, with ties counted half."""
    from scipy import special  # noqa: PLC0415 - takes a while to load

    n = len(left)
    level_with = np.isclose(means, mean, rtol=1e-12, atol=1e-12 * float(np.ptp(means)))
    below = float(np.mean((means < mean) & ~level_with) + np.mean(level_with) / 2)
    edge = 0.5 / len(means)
    bias = float(special.ndtri(min(max(below, edge), 1 - edge)))
    moved = left.mean() - left
    largest = float(np.abs(moved).max())
    moved = moved / largest if largest > 0 else moved  # so that no power of it is lost
    spread = float(np.sum(moved**2))
    acceleration = float(np.sum(moved**3) / (6 * spread**1.5)) if spread > 0 else 0.0
    reach = math.sqrt(n / (n - 1)) * float(special.stdtrit(n - 1, (1 + level) / 2))
    levels = []
    for z in (-reach, reach):
        shifted = bias + z
        # Beyond the pole of the correction a level would jump to the other side.
        slope = max(1 - acceleration * shifted, 0.1)
        levels.append(float(special.ndtr(bias + shifted / slope)))
    return levels
