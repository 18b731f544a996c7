"""A straight line through points, with errors that do not ask for equal scatter.

Ordinary least squares. The errors are HC3 of MacKinnon and White (1985), J. Econometrics 29,
305-325, which Long and Ervin (2000), The American Statistician 54, 217-224, advise for small
samples; the bounds are Student's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tuneworthy.core.nouns.base import Interval

FloatArray = npt.NDArray[np.float64]

_ALONE = 1e-8
"""A row whose leverage is this near to 1 decides a term by itself."""


def least_squares(terms: FloatArray, outcomes: Sequence[float]) -> list[Interval]:
    """Fit outcomes by the terms; each term's factor with its 95 % interval.

    Args:
        terms: Shape (n, d), without an intercept; give a column of ones to have one.
        outcomes: n numbers.

    Raises:
        ValueError: The shapes do not fit, the terms do not tell themselves apart, or one row alone
            decides a term.
    """
    x, y = np.asarray(terms, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if x.ndim != 2 or len(x) != len(y) or len(x) <= x.shape[1]:
        raise ValueError(f"terms of shape {x.shape} for {len(y)} outcomes")
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise ValueError("the terms do not tell themselves apart")
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ (x.T @ y)
    free = 1 - np.einsum("ij,jk,ik->i", x, inverse, x)
    if free.min() < _ALONE:
        raise ValueError("one row alone decides a term")
    scatter = ((y - x @ beta) / free) ** 2
    errors = np.sqrt(np.diag(inverse @ (x.T * scatter) @ x @ inverse))
    wide = _student(len(x) - x.shape[1]) * errors
    return [
        Interval(value=float(b), low=float(b - w), high=float(b + w), n=len(x))
        for b, w in zip(beta, wide, strict=True)
    ]


def _student(freedom: int) -> float:
    from scipy import special  # noqa: PLC0415 - takes a while to load

    found: Any = special.stdtrit(freedom, 0.975)
    return float(found)
