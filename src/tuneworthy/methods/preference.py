"""Is one of two sides preferred? A test that may be looked at after every verdict, and its plan.

A unit's score is 1 for the candidate, 0 for the baseline, 0.5 for a tie, or a mean of such. Wealth
is staked on the scores' mean being above, and below, a supposed one; the mean wealth over all
stakes is an e-process: if the supposed mean is the true one, the chance that it ever reaches
1/alpha is at most alpha, however often one looks and whenever one stops. The means that were never
refused so are an interval that holds at every look at once.

Sources: Waudby-Smith, Ramdas, "Estimating means of bounded random variables by betting",
arXiv:2010.09686, sections 2.3 and 4.4 (stakes and intervals); Ville (1939) for the bound; the
number of pairs is that of the exact sign test (Dixon and Mood 1946, J. Am. Stat. Assoc. 41).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneworthy.methods.bootstrap import FloatArray
from tuneworthy.methods.paired.power import WANTED, mcnemar_n, mcnemar_power
from tuneworthy.methods.sequential import LAMBDAS

EVEN = 0.5
"""The mean score of two sides of which neither is preferred."""

_STEP = 0.005
"""Supposed means are tried so far apart; a bound lies on the outer one."""


class Bounds(NamedTuple):
    """What the mean may be, 0..1, at every look at once."""

    low: float
    high: float


def e_path(scores: Sequence[float], mean: float = EVEN) -> FloatArray:
    """Evidence against this true mean after each unit, shape (n,).

    Raises:
        ValueError: A score does not lie in 0..1, or the mean not between.
    """
    values = _checked(scores)
    if not 0 < mean < 1:
        raise ValueError(f"a mean of {mean}")
    wealth = np.cumsum(_log_growth(values, np.asarray([mean]))[:, 0, :], axis=0)
    return np.asarray(np.exp(_log_mean(wealth)), dtype=np.float64)


def crossed(scores: Sequence[float], alpha: float, mean: float = EVEN) -> int | None:
    """After how many units this mean was refused for the first time; None: it was not."""
    over = np.flatnonzero(e_path(scores, mean) >= 1 / alpha)
    return int(over[0]) + 1 if len(over) else None


def always_p(scores: Sequence[float]) -> float:
    """A p-value of neither side being preferred that holds whenever one stops."""
    path = e_path(scores)
    return min(1.0, 1 / float(path.max())) if len(path) else 1.0


def always_bounds(scores: Sequence[float], alpha: float = 0.05) -> Bounds:
    """Bounds of the mean that hold at every look with probability 1 - alpha."""
    values = _checked(scores)
    if not len(values):
        return Bounds(0.0, 1.0)
    means: FloatArray = np.linspace(0.0, 1.0, round(1 / _STEP) + 1)[1:-1]
    refused = np.zeros(len(means), dtype=bool)
    wealth = np.zeros((1, len(means), 2 * len(LAMBDAS)))
    limit = -math.log(alpha)
    for start in range(0, len(values), 256):
        path = wealth[-1] + np.cumsum(_log_growth(values[start : start + 256], means), axis=0)
        refused |= (_log_mean(path) >= limit).any(axis=0)
        wealth = path
    kept = means[~refused]
    middle = float(values.mean())
    low, high = (kept.min(), kept.max()) if len(kept) else (middle, middle)
    # A mean outside 0.005..0.995 was not tried, and stays possible unless its neighbour is not.
    low = 0.0 if low <= _STEP else low - _STEP
    high = 1.0 if high >= 1 - _STEP else high + _STEP
    return Bounds(float(min(low, middle)), float(max(high, middle)))


def units_more(scores: Sequence[float], alpha: float = 0.05) -> int | None:
    """About how many more units refuse an even mean, if scores go on as they are.

    0 when it is refused already; None when they give no sign that it ever will be.
    """
    values = _checked(scores)
    if crossed(scores, alpha) is not None:
        return 0
    if not len(values):
        return None
    growth = _log_growth(values, np.asarray([EVEN]))[:, 0, :]
    wealth, mean = growth.sum(axis=0), growth.mean(axis=0)
    lacking = math.log(2 * len(LAMBDAS) / alpha) - wealth
    with np.errstate(divide="ignore"):
        needed = np.where(mean > 1e-9, np.maximum(lacking, 1e-9) / mean, np.inf)
    least = float(needed.min())
    return math.ceil(least) if math.isfinite(least) else None


def n_pairs(gain: float, alpha: float = 0.05, power: float = WANTED, ties: float = 0.0) -> int:
    """Pairs with which an exact sign test shows a gain.

    Args:
        gain: Share of pairs for the candidate less the share for the baseline, above 0.
        alpha: Two-sided.
        power: The chance of showing it.
        ties: Expected share of pairs without a preference.

    Raises:
        ValueError: There is no such gain, or ties leave no room for it.
    """
    _check_gain(gain, ties)
    return mcnemar_n(1 - ties, gain, alpha, power)


def pairs_power(n: int, gain: float, alpha: float = 0.05, ties: float = 0.0) -> float:
    """The chance that an exact sign test over ``n`` pairs shows the gain. Raises as ``n_pairs``."""
    _check_gain(gain, ties)
    return mcnemar_power(n, 1 - ties, gain, alpha) if n else 0.0


def _check_gain(gain: float, ties: float) -> None:
    if not (0 <= ties < 1 and 0 < gain <= 1 - ties):
        raise ValueError(f"a gain of {gain} beside {ties} ties")


def _checked(scores: Sequence[float]) -> FloatArray:
    values = np.asarray(scores, dtype=np.float64)
    if not np.all((values >= 0) & (values <= 1)):
        raise ValueError("scores must lie between 0 and 1")
    return values


def _log_growth(values: FloatArray, means: FloatArray) -> FloatArray:
    """Log growth by each unit, for each mean, under each stake: shape (n, means, stakes)."""
    shares = np.asarray(LAMBDAS)
    away = values[:, None] - means
    up = away[:, :, None] / means[:, None] * shares
    down = -away[:, :, None] / (1 - means)[:, None] * shares
    growth: FloatArray = np.log1p(np.concatenate([up, down], axis=2))
    return growth


def _log_mean(wealth: FloatArray) -> FloatArray:
    """Log of the mean wealth over the stakes, capped where e to it would not fit a float."""
    top = wealth.max(axis=-1, keepdims=True)
    mean = top[..., 0] + np.log(np.exp(wealth - top).mean(axis=-1))
    return np.asarray(np.minimum(mean, 690.0), dtype=np.float64)
