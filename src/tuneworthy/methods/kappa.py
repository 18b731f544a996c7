"""Cohen's kappa of two raters over the same items, plain or weighted, with a bootstrap interval.

Sources: Cohen (1960), Educational and Psychological Measurement 20, 37-46; with weights Cohen
(1968), Psychological Bulletin 70, 213-220. ``quadratic`` weighs a disagreement of two scores by
their squared distance.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Weights = Literal["none", "quadratic"]
FloatArray = npt.NDArray[np.float64]

RESAMPLES = 2_000


class Kappa(NamedTuple):
    """Agreement over chance, 1 at most; None where both raters say one and the same throughout.

    ``low`` and ``high`` bound 95 % of resamples of the items.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    same: float
    """The share of items on which both say exactly the same, 0..1."""


def cohen(
    one: Sequence[float],
    other: Sequence[float],
    *,
    weights: Weights = "none",
    resamples: int = RESAMPLES,
    seed: int = 7,
) -> Kappa:
    """Kappa of two raters.

    Args:
        one: The first rater's codes or scores, one an item.
        other: The second's, in the same order.
        weights: ``none`` counts equal or not; ``quadratic`` takes the values as scores.
        resamples: Bootstrap resamples of items.
        seed: Of the bootstrap.

    Raises:
        ValueError: The two differ in length, there are no items, or a value is not finite.
    """
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(f"{a.shape} values against {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a value is not a finite number")
    known, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    cells = codes[: len(a)] * len(known) + codes[len(a) :]
    away = (
        (known[:, None] - known[None, :]) ** 2 if weights == "quadratic" else 1 - np.eye(len(known))
    )
    table = np.bincount(cells, minlength=len(known) ** 2).astype(np.float64)
    value = _kappa(table[None], away)[0]
    same = float((a == b).mean())
    if np.isnan(value):
        return Kappa(None, None, None, len(a), same)
    rng = np.random.default_rng(seed)
    # Items drawn anew are a multinomial draw of the table's cells.
    found = _kappa(rng.multinomial(len(a), table / len(a), resamples).astype(np.float64), away)
    found = found[~np.isnan(found)]
    low, high = np.quantile(found, [0.025, 0.975]) if len(found) else (value, value)
    point = float(value)
    return Kappa(point, min(float(low), point), max(float(high), point), len(a), same)


def _kappa(tables: FloatArray, away: FloatArray) -> FloatArray:
    """1 - observed / expected disagreement for each row of cells; NaN where none is expected."""
    k = len(away)
    share = (tables / tables.sum(axis=1, keepdims=True)).reshape(-1, k, k)
    observed = (share * away).sum(axis=(1, 2))
    expected = np.einsum("ri,rj,ij->r", share.sum(axis=2), share.sum(axis=1), away)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected > 0, 1 - observed / expected, np.nan))
