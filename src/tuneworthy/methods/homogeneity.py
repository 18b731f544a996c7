"""Does one part of a set have the same make-up as the rest of it?

Pearson's chi-square test of homogeneity for two samples (Pearson 1900; Agresti 2013, Categorical
Data Analysis, section 3.2), and its Monte Carlo permutation form where an expected count is under
five (Cochran 1954; Hope 1968, J. R. Stat. Soc. B 30, 582-598).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EXPECTED = 5.0
SHUFFLES = 1_999
_CELLS = 4_000_000
"""Random draws held in memory at once."""


class Homogeneity(NamedTuple):
    """Chi-square of a part against the rest."""

    statistic: float
    p_value: float
    method: str
    """``chi-square``, ``permutation``, or ``none`` where there is nothing to compare."""


def same_make_up(kinds: Sequence[int], inside: Sequence[bool], *, seed: int = 7) -> Homogeneity:
    """Whether the units inside a part have the kinds that those outside have.

    Args:
        kinds: The kind of each unit, as a number from 0.
        inside: Whether the unit is in the part.
        seed: For the permutations.

    Raises:
        ValueError: The lengths differ.
    """
    numbers, part = np.asarray(kinds, dtype=np.int64), np.asarray(inside, dtype=bool)
    if numbers.shape != part.shape:
        raise ValueError(f"{len(numbers)} kinds for {len(part)} units")
    _, numbers = np.unique(numbers, return_inverse=True)
    all_, taken = np.bincount(numbers), int(part.sum())
    if len(all_) < 2 or taken in (0, len(part)):
        return Homogeneity(0.0, 1.0, "none")
    mine = np.bincount(numbers[part], minlength=len(all_))
    statistic = float(_chi_square(mine, all_, taken))
    if min(taken, len(part) - taken) * all_.min() / len(part) >= EXPECTED:
        return Homogeneity(statistic, _tail(statistic, len(all_) - 1), "chi-square")
    return Homogeneity(statistic, _shuffled(all_, taken, statistic, seed), "permutation")


def distance(mine: Sequence[int], others: Sequence[int]) -> float:
    """Total variation distance of two counts of kinds: 0 the same shares, 1 nothing in common.

    It is the share of rows that would have to change their kind. 0 where either counts nothing.
    """
    one, two = np.asarray(mine, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if not one.sum() or not two.sum():
        return 0.0
    return float(np.abs(one / one.sum() - two / two.sum()).sum() / 2)


def _chi_square(
    mine: NDArray[np.int64], all_: NDArray[np.int64], taken: int
) -> NDArray[np.float64]:
    """Of the 2 x k table of a part (its counts [..., k]) and the rest."""
    share = taken / all_.sum()
    gaps = (mine - all_ * share) ** 2
    found: NDArray[np.float64] = (gaps / (all_ * share * (1 - share))).sum(axis=-1)
    return found


def _shuffled(all_: NDArray[np.int64], taken: int, statistic: float, seed: int) -> float:
    """Share of random parts of the same size that differ as much, this one counted in."""
    rng = np.random.default_rng(seed)
    as_far = 0
    for start in range(0, SHUFFLES, step := max(1, _CELLS // len(all_))):
        size = min(step, SHUFFLES - start)
        drawn = rng.multivariate_hypergeometric(all_, taken, size=size, method="marginals")
        as_far += int((_chi_square(drawn, all_, taken) >= statistic - 1e-9).sum())
    return (as_far + 1) / (SHUFFLES + 1)


def _tail(statistic: float, freedom: int) -> float:
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    return float(stats.chi2.sf(statistic, freedom))
