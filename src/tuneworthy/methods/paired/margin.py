"""Is the candidate no worse than the baseline by more than a declared margin?"""

from collections.abc import Hashable, Sequence

from tuneworthy.core.nouns.comparing import NonInferiority
from tuneworthy.methods.bootstrap import RESAMPLES
from tuneworthy.methods.paired.interval import delta_interval
from tuneworthy.methods.paired.pairs import Pairs

FEWEST = 30
"""With fewer cases nothing is called clear."""


def non_inferior(
    candidate: Sequence[float],
    baseline: Sequence[float],
    margin: float,
    groups: Sequence[Hashable] | None = None,
    *,
    alpha: float = 0.05,
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> NonInferiority:
    """Whether the lower bound of candidate minus baseline lies above ``-margin``.

    Scores of the same cases in the same order. What is not shown does not pass: too few cases are
    a no. The bound is the one of the two-sided interval at 1 - ``alpha``, so the error is half of
    ``alpha``: 2.5 % at the usual 95 %.

    Raises:
        ValueError: The lengths differ, a score is not finite, or the margin is not above 0.
    """
    return non_inferior_pairs(
        Pairs.of(candidate, baseline, groups), margin, alpha=alpha, seed=seed, resamples=resamples
    )


def non_inferior_pairs(
    pairs: Pairs,
    margin: float,
    *,
    alpha: float = 0.05,
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> NonInferiority:
    """The same for pairs that are made already."""
    if not margin > 0:
        raise ValueError(f"a margin of {margin}: it must be above 0")
    delta = delta_interval(pairs, level=1 - alpha, seed=seed, resamples=resamples)
    if len(pairs) < FEWEST:
        passed, why = False, f"{len(pairs)} cases are too few; at least {FEWEST} are needed"
    elif delta.low > -margin:
        passed, why = True, f"a loss of {margin:g} or more is ruled out"
    elif delta.high < -margin:
        passed, why = False, f"the loss is larger than {margin:g}"
    else:
        passed, why = False, f"a loss of {margin:g} is not ruled out: more cases are needed"
    return NonInferiority(passed=passed, margin=margin, delta=delta, n=len(pairs), why=why)
