"""How many cases show a declared gain, and what the cases at hand could show.

Sources: Connor (1987), Biometrics 43, 207-211, for the first guess at 0/1 scores, then the exact
power of McNemar's exact test; the noncentral t for graded scores, with the least efficiency that
Wilcoxon's test has beside it, 0.864 (Hodges and Lehmann 1956, Ann. Math. Stat. 27, 324-335); in
groups the number is multiplied by the design effect seen (Kish 1965, "Survey Sampling", section
8.2).
"""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tuneworthy.core.nouns.comparing import Power
from tuneworthy.methods.bootstrap import FloatArray
from tuneworthy.methods.paired.margin import FEWEST
from tuneworthy.methods.paired.pairs import Pairs

WANTED = 0.8
_RANKS = 0.864
_LEAST = 1e-6
"""A gain below this part of the spread asks for more cases than there are anywhere."""
_LARGE = 1_000_000
"""Beyond so many cases the first guess is as good as the exact count."""


def plan(pairs: Pairs, gain: float, alpha: float = 0.05) -> Power:
    """Power for a true gain, given how much the differences of these pairs vary.

    Raises:
        ValueError: The gain is not above 0.
    """
    if not gain > 0:
        raise ValueError(f"a gain of {gain}: it must be above 0")
    n = len(pairs)
    if n == 0:
        return Power(gain=gain, n_needed=None, power=None)
    if pairs.binary and pairs.groups is None:
        # A gain needs at least as many changed cases as itself.
        share = min(1.0, max((pairs.better + pairs.worse) / n, gain))
        reach = min(gain, 1.0)
        needed = mcnemar_n(share, reach, alpha) if reach > _LEAST else None
        return Power(gain=gain, n_needed=needed, power=mcnemar_power(n, share, reach, alpha))
    sd = float(np.std(pairs.differences, ddof=1)) if n > 1 else 0.0
    if sd == 0:
        return Power(gain=gain, n_needed=None, power=None)
    worth = 1 / design_effect(pairs) if pairs.groups is not None else _RANKS
    needed = None
    if gain > _LEAST * sd:
        needed = max(FEWEST, math.ceil(mean_n(sd, gain, alpha) / worth))
    return Power(gain=gain, n_needed=needed, power=mean_power(n * worth, sd, gain, alpha))


def mcnemar_power(n: int, share: float, gain: float, alpha: float = 0.05) -> float:
    """Chance that exact McNemar shows ``gain`` in the right direction among ``n`` cases.

    Args:
        n: Cases.
        share: Share of cases on which the arms differ, at least ``gain``.
        gain: True difference of the two shares, above 0.
        alpha: Two-sided.
    """
    from scipy import special  # noqa: PLC0415 - takes a while to load

    spread = 8 * math.sqrt(n * share * (1 - share)) + 2
    fewest, most_of_all = math.floor(n * share - spread), math.ceil(n * share + spread)
    changed = np.arange(max(1, fewest), min(n, most_of_all) + 1)
    log_chance = (
        special.gammaln(n + 1)
        - special.gammaln(changed + 1)
        - special.gammaln(n - changed + 1)
        + special.xlogy(changed, share)
        + special.xlog1py(n - changed, -share)
    )
    most = _critical(changed, alpha)
    lost = max(0.0, (share - gain) / (2 * share))
    reached = np.where(most >= 0, special.bdtr(np.maximum(most, 0), changed, lost), 0.0)
    return min(1.0, float(np.sum(np.exp(log_chance) * reached)))


def _critical(changed: npt.NDArray[np.int64], alpha: float) -> FloatArray:
    """The most cases lost of those changed at which exact McNemar's p is below alpha; else -1."""
    from scipy import special  # noqa: PLC0415 - takes a while to load

    z = NormalDist().inv_cdf(1 - alpha / 2)
    most = np.maximum(np.floor(changed / 2 - z * np.sqrt(changed) / 2), 0.0)
    while np.any(up := (2 * special.bdtr(most + 1, changed, 0.5) < alpha) & (most < changed)):
        most = most + up
    while np.any(
        down := (most >= 0) & (2 * special.bdtr(np.maximum(most, 0), changed, 0.5) >= alpha)
    ):
        most = most - down
    return most


def mcnemar_n(share: float, gain: float, alpha: float = 0.05, power: float = WANTED) -> int:
    """Cases for this power; never fewer than are called enough for a gain."""
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / 2) * math.sqrt(share)
    reach += normal.inv_cdf(power) * math.sqrt(max(0.0, share - gain**2))
    n = max(FEWEST, math.ceil((reach / gain) ** 2))
    step = max(1, n // 100)
    while n < _LARGE and mcnemar_power(n, share, gain, alpha) < power:
        n += step
    return n


def mean_power(n: float, sd: float, gain: float, alpha: float = 0.05) -> float:
    """Power of the two-sided one-sample t test for a mean difference ``gain``."""
    from scipy import special  # noqa: PLC0415 - takes a while to load

    degrees = max(1.0, n - 1)
    reach = float(special.stdtrit(degrees, 1 - alpha / 2))
    away = gain * math.sqrt(n) / sd
    if degrees > 500 or away > 30:
        return NormalDist().cdf(away - reach)
    return 1 - float(special.nctdtr(degrees, away, reach))


def mean_n(sd: float, gain: float, alpha: float = 0.05, power: float = WANTED) -> int:
    """Cases for this power, of single cases and a test on the mean."""
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    n = max(2, math.ceil((reach * sd / gain) ** 2))
    while n < _LARGE and mean_power(n, sd, gain, alpha) < power:
        n += 1
    return n


def design_effect(pairs: Pairs) -> float:
    """Variance of the mean in these groups over what single cases would give; at least 1."""
    sums, sizes = pairs.units
    spread = float(np.var(pairs.differences, ddof=1)) * len(pairs)
    if len(sums) < 2 or spread == 0:
        return 1.0
    mean = float(pairs.differences.mean())
    in_groups = len(sums) / (len(sums) - 1) * float(np.sum((sums - sizes * mean) ** 2))
    return max(1.0, in_groups / spread)
