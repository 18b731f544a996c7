"""Made-up pairs of arms whose true difference is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tuneworthy.methods.paired import Pairs

Draw = Callable[[np.random.Generator], Pairs]


@dataclass(frozen=True)
class Design:
    """A way of drawing pairs, and the true mean difference behind it."""

    kind: str
    size: str
    truth: float
    draw: Draw


def binary(n: int, up: float, down: float) -> Design:
    """0/1 scores: only the candidate right with chance ``up``, only the base with ``down``."""

    def draw(rng: np.random.Generator) -> Pairs:
        return Pairs(*_marks(rng, n, up, down))

    return Design(f"0/1, {up:.1%} up, {down:.1%} down", f"{n}", up - down, draw)


def _marks(
    rng: np.random.Generator, n: int, up: object, down: object
) -> tuple[np.ndarray, np.ndarray]:
    drawn = rng.random(n)
    same = (rng.random(n) < 0.6).astype(float)
    wins, loses = drawn < up, (drawn >= up) & (drawn < up + down)  # type: ignore[operator]
    return np.where(wins, 1.0, np.where(loses, 0.0, same)), np.where(
        wins, 0.0, np.where(loses, 1.0, same)
    )


def graded(n: int, gain: float) -> Design:
    """Scores in 0..1 that share half of what they are made of."""

    def draw(rng: np.random.Generator) -> Pairs:
        shared = rng.beta(2, 2, n)
        theirs = (shared + rng.beta(2, 2, n)) / 2
        ours = (shared + rng.beta(2, 2, n)) / 2 + gain
        return Pairs(ours, theirs)

    return Design("graded" + (f", gain {gain:g}" if gain else ""), f"{n}", gain, draw)


def skewed(n: int) -> Design:
    """Latencies: log-normal, and the candidate's is the base's times noise of mean 1."""

    def draw(rng: np.random.Generator) -> Pairs:
        theirs = np.exp(0.5 * rng.standard_normal(n))
        return Pairs(theirs * np.exp(0.3 * rng.standard_normal(n) - 0.045), theirs)

    return Design("latency, skewed", f"{n}", 0.0, draw)


def clustered(groups: int, *, whole: bool) -> Design:
    """Groups of 1 to about 10 cases that gain or lose together; 0/1 scores if ``whole``."""

    def draw(rng: np.random.Generator) -> Pairs:
        names = np.repeat(np.arange(groups), 1 + rng.poisson(4, groups))
        tilt = np.clip(rng.normal(0, 0.1, groups), -0.15, 0.15)[names]
        n = len(names)
        if whole:
            ours, theirs = _marks(rng, n, 0.15 + tilt, 0.15 - tilt)
        else:
            theirs = rng.random(n)
            ours = theirs + tilt + rng.normal(0, 0.1, n)
        return Pairs(ours, theirs, tuple(names.tolist()))

    return Design(f"groups, {'0/1' if whole else 'graded'}", f"{groups} groups", 0.0, draw)


def segmented(n: int, segments: int) -> tuple[Draw, list[str]]:
    """0/1 scores without any difference, and the segment of each case."""
    return binary(n, 0.1, 0.1).draw, [f"s{at % segments}" for at in range(n)]
