"""Means over cases that come in groups: whole groups are drawn, never single cases.

Cases of one group resemble each other, so that n cases are worth fewer than n independent ones.
Source: Davison and Hinkley, "Bootstrap Methods and their Application" (1997), section 3.8.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from tuneworthy.methods.bootstrap import RESAMPLES, FloatArray

_CELLS = 2_000_000
"""Random draws held in memory at once."""


def group_sums(
    values: Sequence[float], groups: Sequence[Hashable]
) -> tuple[FloatArray, FloatArray]:
    """The sum and the number of the values in each group, groups in the order of first sight.

    Raises:
        ValueError: There are not as many groups as values.
    """
    places: dict[Hashable, int] = {}
    index = [places.setdefault(group, len(places)) for group in groups]
    numbers = np.asarray(values, dtype=np.float64)
    if len(index) != len(numbers):
        raise ValueError(f"{len(numbers)} values in {len(index)} groups")
    sums = np.zeros(len(places))
    sizes = np.zeros(len(places))
    np.add.at(sums, index, numbers)
    np.add.at(sizes, index, 1.0)
    return sums, sizes


def grouped_quantile(
    values: Sequence[float],
    groups: Sequence[Hashable],
    level: float,
    *,
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> float:
    """The ``level`` quantile (0..1) of the mean under resampling of groups.

    Raises:
        ValueError: There are no values.
    """
    sums, sizes = group_sums(values, groups)
    if not len(sums):
        raise ValueError("a mean of no values")
    rng = np.random.default_rng(seed)
    rows = max(1, _CELLS // len(sums))
    means = []
    for start in range(0, resamples, rows):
        drawn = rng.integers(0, len(sums), (min(rows, resamples - start), len(sums)))
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return float(np.quantile(np.concatenate(means), level))
