"""Who and what is in a set, and how far from what was declared.

Pearson's chi-square (1900) tests all shares at once and is not read where an expected count is
under five (Cochran 1954). Standardised residuals say which share is off. Intervals are Wilson's.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tuneworthy.core.nouns.base import Interval
from tuneworthy.methods.intervals import wilson

EXPECTED = 5.0


class Fit(NamedTuple):
    """Chi-square of counted against declared shares; ``residuals`` over 2 in size stand out."""

    statistic: float
    p_value: float
    residuals: dict[str, float]
    readable: bool
    """Every expected count is at least five."""


class Spread(NamedTuple):
    """How even classes are: ``evenness`` is 1 when all are equal and near 0 when one has all."""

    counts: dict[str, int]
    largest_over_smallest: float
    evenness: float


def class_spread(labels: Sequence[str]) -> Spread:
    """Counts (most first), ratio of the extremes, Pielou's evenness (share of the most entropy).

    Natural traffic is uneven; an uneven set is a finding only against what the task needs.
    """
    often = Counter(labels)
    counts = dict(sorted(often.items(), key=lambda pair: (-pair[1], pair[0])))
    if len(counts) < 2:
        return Spread(counts, 1.0, 1.0)
    total = len(labels)
    entropy = -sum(n / total * math.log(n / total) for n in counts.values())
    ratio = max(counts.values()) / min(counts.values())
    return Spread(counts, ratio, min(1.0, entropy / math.log(len(counts))))


def shares(values: Sequence[str]) -> dict[str, Interval]:
    """Share of each value with its 95 % interval, in the order of the names.

    For sensitive attributes: it counts what is written down, and guesses nobody's attribute.
    """
    often = Counter(values)
    return {name: wilson(n, len(values)) for name, n in sorted(often.items())}


def share_text(share: Interval) -> str:
    """A share with its interval, as figures tell it: ``0.430 [0.401, 0.460]``."""
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"


def against_declared(values: Sequence[str], declared: Mapping[str, float]) -> Fit:
    """Do the values come in the declared shares?

    Args:
        values: Each row's segment.
        declared: Share of each segment; scaled to add up to one.

    Returns:
        A value that was not declared, though it has a row, makes the statistic infinite.

    Raises:
        ValueError: A share is negative or not finite, or they add up to nothing.
    """
    total = sum(declared.values())
    if not all(share >= 0 and math.isfinite(share) for share in declared.values()) or total <= 0:
        raise ValueError("shares must be at least 0 and add up to more than 0")
    often, n = Counter(values), len(values)
    expected = {name: n * declared.get(name, 0.0) / total for name in {*often, *declared}}
    residuals, statistic = {}, 0.0
    for name in sorted(expected):
        gap = often[name] - expected[name]
        part = gap / math.sqrt(expected[name]) if expected[name] else (math.inf if gap else 0.0)
        room = 1 - expected[name] / n if n else 1.0
        residuals[name] = part / math.sqrt(room) if room > 0 else part
        statistic += part * part
    freedom = sum(share > 0 for share in declared.values()) - 1
    readable = all(count >= EXPECTED for count in expected.values() if count > 0) and freedom > 0
    return Fit(statistic, _chi_square_tail(statistic, freedom), residuals, readable)


def _chi_square_tail(statistic: float, freedom: int) -> float:
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    if math.isinf(statistic):
        return 0.0
    return float(stats.chi2.sf(statistic, freedom)) if freedom > 0 else 1.0
