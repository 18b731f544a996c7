"""How far people agree who labelled the same things: Krippendorff's alpha, and each one's share.

Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", University of
Pennsylvania, sections C to E. Any number of raters, any values missing. The ordinal metric there,
``(sum of n_g for g in c..k - (n_c + n_k) / 2) ** 2``, is the squared distance of mid-ranks, so
ordinal alpha is interval alpha over mid-ranks and every level takes time linear in the values.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Level = Literal["nominal", "ordinal", "interval"]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

RESAMPLES = 2_000
_CELLS = 4_000_000
"""Random draws held in memory at once."""


class Alpha(NamedTuple):
    """Agreement over chance, 1 at most, 0 as by chance; None where nothing can be said.

    ``low`` and ``high`` bound 95 % of resamples of the units.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int
    """Units with two values or more."""
    values: int
    """Values in those units."""


class RaterAgreement(NamedTuple):
    """One rater against all others on the units they share."""

    rater: int
    units: int
    same: float
    """Mean share of the others' values that are exactly the rater's own, 0..1."""
    alpha: float | None
    """1 - disagreement of this rater's pairs / disagreement expected by chance."""


class _Pairable(NamedTuple):
    """Values in units of two or more; ``unit`` counts from 0 without gaps."""

    unit: IntArray
    rater: IntArray
    code: IntArray
    scores: FloatArray
    """One column a dimension: half the squared distance of two rows is their disagreement."""
    units: int


def krippendorff(
    units: Sequence[int] | IntArray,
    values: Sequence[float] | FloatArray,
    level: Level,
    *,
    resamples: int = RESAMPLES,
    seed: int = 7,
) -> Alpha:
    """Krippendorff's alpha with a bootstrap interval.

    Args:
        units: The unit of each value, as any whole number.
        values: The values, in any order; for nominal and ordinal data codes whose equality or
            order counts. NaN is refused.
        level: How two values are compared.
        resamples: Bootstrap resamples of whole units; mid-ranks stay those of the full sample.
        seed: Of the bootstrap.

    Raises:
        ValueError: The two differ in length, or a value is not a finite number.
    """
    data = _pairable(units, np.zeros(len(units), dtype=np.int64), values, level)
    n = len(data.code)
    sizes, sums, spread = _per_unit(data)
    point = _alpha(*(part.sum(axis=0, keepdims=True) for part in (sizes, sums, spread)))
    if np.isnan(point[0]):
        return Alpha(None, None, None, data.units, n)
    found = _resampled(sizes, sums, spread, resamples, seed)
    found = found[~np.isnan(found)]
    low, high = np.quantile(found, [0.025, 0.975]) if len(found) else (point[0], point[0])
    value = float(point[0])
    return Alpha(value, min(float(low), value), max(float(high), value), data.units, n)


def by_rater(
    units: Sequence[int] | IntArray,
    raters: Sequence[int] | IntArray,
    values: Sequence[float] | FloatArray,
    level: Level,
) -> list[RaterAgreement]:
    """Every rater who shares a unit with another, against the others; by rater number.

    Args:
        units: The unit of each value.
        raters: Who gave it; one value a rater and unit.
        values: As for ``krippendorff``.
        level: How two values are compared.

    Raises:
        ValueError: The lengths differ, a value is not finite, or a rater judged a unit twice.
    """
    data = _pairable(units, np.asarray(raters, dtype=np.int64), values, level)
    if len(np.unique(np.stack([data.unit, data.rater]), axis=1).T) != len(data.code):
        raise ValueError("a rater judged one unit twice")
    if not len(data.code):
        return []
    sizes, sums, spread = _per_unit(data)
    expected = _expected(*(part.sum(axis=0, keepdims=True) for part in (sizes, sums, spread)))[0]
    others = sizes[data.unit, 0] - 1
    squares = (data.scores**2).sum(axis=1)
    unit_squares = np.bincount(data.unit, squares, data.units)
    # The sum over the others of the squared distance to them, and its mean.
    away = (others + 1) * squares - 2 * (data.scores * sums[data.unit]).sum(axis=1)
    away = (away + unit_squares[data.unit]) / 2 / others
    width = int(data.code.max()) + 1
    _, place, seen = np.unique(
        data.unit * width + data.code, return_inverse=True, return_counts=True
    )
    same = (seen[place] - 1) / others
    found = []
    for rater in np.unique(data.rater):
        mine = data.rater == rater
        alpha = None if expected <= 0 else float(1 - away[mine].mean() / expected)
        found.append(RaterAgreement(int(rater), int(mine.sum()), float(same[mine].mean()), alpha))
    return found


def _pairable(
    units: Sequence[int] | IntArray, raters: IntArray, values: Sequence[float] | FloatArray,
    level: Level,
) -> _Pairable:  # fmt: skip
    given = np.asarray(values, dtype=np.float64)
    names = np.asarray(units, dtype=np.int64)
    if not len(given) == len(names) == len(raters):
        raise ValueError(f"{len(names)} units, {len(raters)} raters, {len(given)} values")
    if not np.isfinite(given).all():
        raise ValueError("a value is not a finite number")
    _, unit, sizes = np.unique(names, return_inverse=True, return_counts=True)
    kept = sizes[unit] >= 2 if len(names) else np.zeros(0, dtype=bool)
    _, unit = np.unique(unit[kept], return_inverse=True)
    known, code, counts = np.unique(given[kept], return_inverse=True, return_counts=True)
    if level == "nominal":
        scores = np.eye(len(known), dtype=np.float64)[code]
    elif level == "ordinal":
        # Scaled to about 1, so that large samples lose no digits; alpha does not see the scale.
        ranks = (np.cumsum(counts) - counts / 2 - counts.sum() / 2) / max(1, counts.sum())
        scores = ranks[code][:, None]
    else:
        middle = known.mean() if len(known) else 0.0
        wide = np.abs(known - middle).max(initial=0.0) or 1.0
        scores = ((known - middle) / wide)[code][:, None]
    return _Pairable(
        unit.astype(np.int64), raters[kept], code.astype(np.int64), scores,
        int(unit.max(initial=-1)) + 1,
    )  # fmt: skip


def _per_unit(data: _Pairable) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values in each unit, the sums of their scores, and (squares, disagreement) of each."""
    sizes = np.bincount(data.unit, minlength=data.units).astype(np.float64)
    sums = np.zeros((data.units, data.scores.shape[1]))
    for place, column in enumerate(data.scores.T):
        sums[:, place] = np.bincount(data.unit, column, data.units)
    squares = np.bincount(data.unit, (data.scores**2).sum(axis=1), data.units)
    apart = (sizes * squares - (sums**2).sum(axis=1)) / np.maximum(sizes - 1, 1)
    # Rounding must not leave a trace of disagreement where all say the same.
    ends = np.full((2, data.units), -1, dtype=np.int64)
    ends[0, data.unit[::-1]] = data.code[::-1]
    alike = np.bincount(data.unit, data.code == ends[0, data.unit], data.units) == sizes
    apart = np.where(alike, 0.0, np.maximum(apart, 0.0))
    return sizes[:, None], sums, np.stack([squares, apart], axis=1)


def _expected(sizes: FloatArray, sums: FloatArray, spread: FloatArray) -> FloatArray:
    """Disagreement of two values drawn from all, for each row of totals."""
    n = sizes[:, 0]
    apart = n * spread[:, 0] - (sums**2).sum(axis=1)
    apart = np.where(apart <= 1e-9 * np.maximum(n * spread[:, 0], 1e-300), 0.0, apart)
    return np.asarray(apart / np.maximum(n * (n - 1), 1), dtype=np.float64)


def _alpha(sizes: FloatArray, sums: FloatArray, spread: FloatArray) -> FloatArray:
    """1 - observed / expected for each row of totals; NaN where all values are alike."""
    expected = _expected(sizes, sums, spread)
    observed = spread[:, 1] / np.maximum(sizes[:, 0], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(expected > 0, 1 - observed / expected, np.nan)
    return np.asarray(found, dtype=np.float64)


def _resampled(
    sizes: FloatArray, sums: FloatArray, spread: FloatArray, resamples: int, seed: int
) -> FloatArray:
    rng = np.random.default_rng(seed)
    count = len(sizes)
    rows = max(1, _CELLS // count)
    found = []
    for start in range(0, resamples, rows):
        shape = (min(rows, resamples - start), count)
        drawn = rng.integers(0, count, shape) + np.arange(shape[0])[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=shape[0] * count).reshape(shape)
        weights = times.astype(np.float64)
        found.append(_alpha(weights @ sizes, weights @ sums, weights @ spread))
    return np.concatenate(found) if found else np.zeros(0)
