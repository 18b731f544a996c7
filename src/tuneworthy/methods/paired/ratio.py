"""How many times the baseline's mean the candidate's is, drawn case by case.

The ratio of two means over the same cases is a ratio of two sums, so the bootstrap of a mean over
groups of unequal size gives its bounds: the candidate's number is the sum of a unit and the
baseline's its size. Source: Davison and Hinkley, "Bootstrap Methods and their Application" (1997),
section 2.4 (ratio estimates) and 5.3 (BCa).
"""

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.methods.bootstrap import RESAMPLES, bca
from tuneworthy.methods.paired.pairs import Pairs


def ratio_interval(
    pairs: Pairs, *, level: float = 0.95, seed: int = 7, resamples: int = RESAMPLES
) -> Interval | None:
    """Mean of ours over mean of theirs; None where the baseline's numbers carry no ratio.

    Whole groups are drawn where cases come in groups. No ratio: fewer than two units, or the
    baseline is 0 in half of them or more.

    Raises:
        ValueError: A number is below 0.
    """
    if len(pairs) and min(pairs.ours.min(), pairs.theirs.min()) < 0:
        raise ValueError("a ratio of numbers below 0")
    ours, _ = pairs.in_groups(pairs.ours)
    theirs, _ = pairs.in_groups(pairs.theirs)
    if len(theirs) < 2 or np.mean(theirs > 0) <= 0.5:
        return None
    low, high = bca(ours, theirs, level=level, seed=seed, resamples=resamples)
    return Interval(value=float(ours.sum() / theirs.sum()), low=low, high=high, n=len(pairs))
