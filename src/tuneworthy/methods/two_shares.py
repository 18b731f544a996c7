"""Shares of two separate samples: how far apart, and whether by more than chance.

Sources: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10, for the interval, and Zou,
Donner (2008), Statistics in Medicine 27, 1693-1702, for the same of any two intervals; Fisher
(1922), J. R. Stat. Soc. 85, 87-94, for the exact test.
"""

import math
from typing import Any

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.methods.intervals import wilson


def share_difference(one: tuple[int, int], other: tuple[int, int]) -> Interval:
    """The first share minus the second with its 95 % interval; each is given as (hits, n).

    ``n`` of the answer is that of both together.
    """
    return difference(wilson(*one), wilson(*other))


def difference(first: Interval, second: Interval) -> Interval:
    """The first mean minus the second, both of scores in 0..1 from samples of their own."""
    value = first.value - second.value
    n = first.n + second.n
    if not first.n or not second.n:
        return Interval(value=0.0, low=-1.0, high=1.0, n=n)
    down = math.hypot(first.value - first.low, second.high - second.value)
    up = math.hypot(first.high - first.value, second.value - second.low)
    return Interval(value=value, low=max(-1.0, value - down), high=min(1.0, value + up), n=n)


def fisher(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Two-sided exact p of equal shares; each sample is given as (hits, n)."""
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    table = np.array([[one[0], one[1] - one[0]], [other[0], other[1] - other[0]]])
    answer: Any = stats.fisher_exact(table).pvalue
    return min(1.0, float(answer))
