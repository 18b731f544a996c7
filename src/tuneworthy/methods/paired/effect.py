"""How large a paired difference is, with 95 % intervals.

Sources: the odds ratio of discordant pairs with its exact interval from Clopper and Pearson (1934),
Biometrika 26, 404-413, as in Breslow and Day (1980), section 5.2; Cohen's dz (Cohen 1988, section
2.3.5) with the interval from the noncentral t (Cumming and Finch 2001, Educ. Psychol. Meas. 61,
532-574), which supposes normal differences; dominance is Cliff's (1993) delta within pairs,
Psychological Bulletin 114, 494-509: the share of cases won less the share lost.
"""

import math
from collections.abc import Callable

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.comparing import Effect
from tuneworthy.methods.bootstrap import RESAMPLES
from tuneworthy.methods.paired.interval import mean_of_units
from tuneworthy.methods.paired.pairs import Pairs
from tuneworthy.methods.paired.tango import tango

_LARGEST_T = 30.0
"""Beyond it the noncentral t is not to be had in double precision; the large-sample form is."""


def effects(
    pairs: Pairs, delta: Interval, *, seed: int = 7, resamples: int = RESAMPLES
) -> tuple[Effect, ...]:
    """The effect sizes that suit the scores; in groups, those that can be drawn in groups."""
    if not len(pairs):
        return ()
    if pairs.binary:
        risk = Effect(name="risk difference", value=delta.value, low=delta.low, high=delta.high)
        odds = odds_ratio(pairs.better, pairs.worse)
        if pairs.groups is not None:
            odds = odds.model_copy(update={"low": None, "high": None})
        return (risk, odds)
    won = _dominance(pairs, seed, resamples)
    return (won,) if pairs.groups is not None else (won, cohens_dz(pairs))


def odds_ratio(newly_right: int, newly_wrong: int) -> Effect:
    """Cases newly right for each case newly wrong; no value without a case newly wrong."""
    from scipy import special  # noqa: PLC0415 - takes a while to load

    right, wrong = newly_right, newly_wrong
    low = float(special.betaincinv(right, wrong + 1, 0.025)) if right else 0.0
    high = float(special.betaincinv(right + 1, wrong, 0.975)) if wrong else 1.0
    return Effect(
        name="odds ratio",
        value=right / wrong if wrong else None,
        low=low / (1 - low),
        high=high / (1 - high) if high < 1 else None,
    )


def cohens_dz(pairs: Pairs) -> Effect:
    """Mean difference over the standard deviation of the differences."""
    n = len(pairs)
    sd = float(np.std(pairs.differences, ddof=1)) if n > 1 else 0.0
    if sd == 0:
        return Effect(name="Cohen's dz", value=None, low=None, high=None)
    dz = float(pairs.differences.mean()) / sd
    t = dz * math.sqrt(n)
    if abs(t) > _LARGEST_T:
        half = 1.959963984540054 * math.sqrt(1 / n + dz**2 / (2 * n))
        return Effect(name="Cohen's dz", value=dz, low=dz - half, high=dz + half)
    from scipy import special  # noqa: PLC0415 - takes a while to load

    def below(noncentrality: float) -> float:
        return float(special.nctdtr(n - 1, noncentrality, t))

    low, high = (_falls_to(below, share, t) / math.sqrt(n) for share in (0.975, 0.025))
    return Effect(name="Cohen's dz", value=dz, low=low, high=high)


def _falls_to(falling: Callable[[float], float], wanted: float, around: float) -> float:
    """Where a falling function reaches ``wanted``, within 10 + |around| of ``around``."""
    low, high = around - 10 - abs(around), around + 10 + abs(around)
    for _ in range(80):
        middle = (low + high) / 2
        if falling(middle) > wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _dominance(pairs: Pairs, seed: int, resamples: int) -> Effect:
    n = len(pairs)
    if pairs.groups is None:
        low, high = tango(pairs.better, pairs.worse, n)
        value = (pairs.better - pairs.worse) / n
        return Effect(name="dominance", value=value, low=low, high=high)
    found = mean_of_units(
        *pairs.in_groups(np.sign(pairs.differences)),
        bounds=(-1.0, 1.0),
        n=n,
        seed=seed,
        resamples=resamples,
    )
    return Effect(name="dominance", value=found.value, low=found.low, high=found.high)
