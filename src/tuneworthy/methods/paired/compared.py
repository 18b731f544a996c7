"""The whole comparison in one verdict: test and interval must both say so."""

from collections.abc import Hashable, Sequence

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.comparing import Verdict
from tuneworthy.methods.bootstrap import RESAMPLES
from tuneworthy.methods.paired.interval import delta_interval
from tuneworthy.methods.paired.margin import FEWEST
from tuneworthy.methods.paired.pairs import Pairs
from tuneworthy.methods.paired.significance import significance

ALPHA = 0.05
FEWEST_GROUPS = 10


class PairedResult(Part):
    """Candidate minus baseline, with the cases that changed sides."""

    delta: Interval
    p_value: float
    """Two-sided, of the test named."""
    newly_right: int
    """Cases the candidate scores higher."""
    newly_wrong: int
    """Cases the candidate scores lower."""
    verdict: Verdict
    test: str
    why: str
    """Why that test."""


def compare(
    candidate: Sequence[float],
    baseline: Sequence[float],
    groups: Sequence[Hashable] | None = None,
    *,
    alpha: float = ALPHA,
    seed: int = 7,
) -> PairedResult:
    """Compare scores in 0..1 of the same cases in the same order.

    Raises:
        ValueError: The lengths differ, or a score is not a number between 0 and 1.
    """
    pairs = Pairs.of(candidate, baseline, groups)
    for values in (pairs.ours, pairs.theirs):
        if len(values) and not (values.min() >= 0 and values.max() <= 1):
            raise ValueError("scores must lie between 0 and 1")
    return compare_pairs(pairs, alpha=alpha, seed=seed)


def compare_pairs(
    pairs: Pairs, *, alpha: float = ALPHA, seed: int = 7, resamples: int = RESAMPLES
) -> PairedResult:
    """The same for pairs that are made already, on any scale; higher is better."""
    delta = delta_interval(pairs, seed=seed, resamples=resamples)
    at_alpha = delta_at(pairs, delta, alpha, seed=seed, resamples=resamples)
    tested = significance(pairs, seed=seed)
    return PairedResult(
        delta=delta,
        p_value=tested.p_value,
        newly_right=pairs.better,
        newly_wrong=pairs.worse,
        verdict=judge(at_alpha, tested.p_value, alpha, enough=enough(pairs)),
        test=tested.name,
        why=tested.why,
    )


def delta_at(pairs: Pairs, delta: Interval, alpha: float, *, seed: int, resamples: int) -> Interval:
    """The interval at 1 - alpha, which is ``delta`` itself at the usual 95 %."""
    if alpha == ALPHA:
        return delta
    return delta_interval(pairs, level=1 - alpha, seed=seed, resamples=resamples)


def enough(pairs: Pairs) -> bool:
    """Whether there are cases, and groups, to call a gain.

    Fewer than 30 cases cannot show even a gain of a fifth with 80 % power; among fewer than ten
    groups the bootstrap's bounds are not to be trusted.
    """
    return len(pairs) >= FEWEST and (pairs.groups is None or len(pairs.units[0]) >= FEWEST_GROUPS)


def judge(delta: Interval, p_value: float, alpha: float, *, enough: bool) -> Verdict:
    """Clear only if the test and the interval (at 1 - alpha) agree.

    A loss is called at any size: the tests are exact where cases are few, and what harms must not
    wait for more of them. A gain needs ``enough``.
    """
    if p_value < alpha and delta.high < 0:
        return "clearly worse"
    if not enough:
        return "too few cases"
    if p_value < alpha and delta.low > 0:
        return "clearly better"
    return "within noise"
