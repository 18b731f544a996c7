"""Logistic regression that stands small and separated samples, with errors that know of groups.

Firth (1993), Biometrika 80, 27-38: the likelihood times the root of its information has a finite
maximum even where one term tells all outcomes apart. The errors are those of Liang and Zeger
(1986), Biometrika 73, 13-22: rows of one group may go together.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

Z95 = 1.959963984540054
_STEPS = 100
_LONGEST = 5.0
"""The longest step of one round, in log odds."""


class Coefficient(NamedTuple):
    """One term's log odds ratio with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def odds(self) -> tuple[float, float, float]:
        """The same as odds ratios: value, low, high."""
        value, low, high = (math.exp(min(700.0, x)) for x in self)
        return value, low, high


def logistic(
    terms: FloatArray, outcomes: Sequence[int], groups: Sequence[int] | None = None
) -> list[Coefficient]:
    """Fit P(outcome = 1) without an intercept; give a column of ones to have one.

    Args:
        terms: Shape (n, d).
        outcomes: 0 or 1 each.
        groups: Rows with the same number may go together; None: each stands for itself.

    Raises:
        ValueError: The shapes do not fit, or the terms do not tell themselves apart.
    """
    x, y = np.asarray(terms, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if x.ndim != 2 or len(x) != len(y) or len(x) <= x.shape[1]:
        raise ValueError(f"terms of shape {x.shape} for {len(y)} outcomes")
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise ValueError("the terms do not tell themselves apart")
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        inverse, residual = _at(x, y, beta)
        step = inverse @ (x.T @ residual)
        longest = np.abs(step).max()
        beta = beta + step * min(1.0, _LONGEST / max(longest, 1e-300))
        if longest < 1e-9:
            break
    errors = _errors(x, y, beta, np.arange(len(y)) if groups is None else np.asarray(groups))
    return [
        Coefficient(float(b), float(b - Z95 * e), float(b + Z95 * e))
        for b, e in zip(beta, errors, strict=True)
    ]


def _at(x: FloatArray, y: FloatArray, beta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The inverse information and Firth's residuals at a point."""
    chance = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
    weight = chance * (1 - chance)
    inverse = np.asarray(np.linalg.inv((x * weight[:, None]).T @ x), dtype=np.float64)
    leverage = weight * np.einsum("ij,jk,ik->i", x, inverse, x)
    return inverse, np.asarray(y - chance + leverage * (0.5 - chance), dtype=np.float64)


def _errors(
    x: FloatArray, y: FloatArray, beta: FloatArray, groups: npt.NDArray[np.int64]
) -> FloatArray:
    """Standard errors by the sandwich over groups, with the factor g / (g - 1)."""
    inverse, residual = _at(x, y, beta)
    _, place = np.unique(groups, return_inverse=True)
    count = int(place.max()) + 1
    scores = np.zeros((count, x.shape[1]))
    np.add.at(scores, place, x * residual[:, None])
    spread = inverse @ (scores.T @ scores) @ inverse * (count / max(1, count - 1))
    # Firth's own error is the floor: a separated sample has residuals near nothing.
    return np.asarray(np.sqrt(np.maximum(np.diag(spread), np.diag(inverse))))
