"""Tests that may be looked at after every block of traffic without losing their error rate.

Each test is an e-process: under its null hypothesis the chance that it ever reaches 1/alpha is at
most alpha (Ville's inequality), however often one looks and whenever one stops. Traffic comes in
blocks of answers that arrived together; comparing within a block only keeps a base rate that drifts
in both arms, or a canary share that is raised on the way, from looking like harm.

The sizes of a block's two arms must not depend on the outcomes in it. Letter a is the control,
b the canary. Every test is frozen: ``update`` gives the next state, so that any state can be
stored and read back.

Sources: Turner, Ly, Grunwald, "Generic E-Variables for Exact Sequential k-Sample Tests that allow
for Optional Stopping", arXiv:2106.02693 (block e-process); Waudby-Smith, Ramdas, "Estimating means
of bounded random variables by betting", arXiv:2010.09686 (betting).
"""

import math
from typing import Self, TypeVar

from pydantic import Field

from tuneworthy.core.nouns.base import Part

DELTAS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4)
LAMBDAS = tuple(step * 0.999 for step in (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0))

_EDGE = 1e-4
"""Rates are kept this far from 0 and 1, so that no single answer can have probability 0."""
_LOG_CAP = 690.0
"""e^690 is the largest power of e that fits a float with room to spare."""


class _EProcess(Part):
    """A mixture of wealths, kept as logarithms, one for each point of a grid."""

    log_wealth: tuple[float, ...]
    blocks: int = 0
    n_a: int = 0
    n_b: int = 0

    @property
    def e_value(self) -> float:
        """The evidence against the null: the mean wealth over the grid, 1 at the start."""
        top = max(self.log_wealth)
        mean = sum(math.exp(w - top) for w in self.log_wealth) / len(self.log_wealth)
        return math.exp(min(_LOG_CAP, top + math.log(mean)))

    def rejects(self, alpha: float) -> bool:
        """Whether the evidence has reached 1/alpha."""
        return self.e_value >= 1 / alpha


class HarmTest(_EProcess):
    """Is the canary's success rate lower? For outcomes that are right or wrong.

    Null hypothesis: in every block both arms have the same success rate (or the canary a higher).
    """

    log_wealth: tuple[float, ...] = (0.0,) * len(DELTAS)
    s_a: int = 0

    def update(self, n_a: int, s_a: int, n_b: int, s_b: int) -> Self:
        """The state after a block of n_a control and n_b canary answers with so many successes.

        Raises:
            ValueError: There are more successes than answers, or fewer than none.
        """
        _check(n_a, s_a, n_b, s_b)
        # Only earlier blocks may choose the bet.
        control = _inside((self.s_a + 0.5) / (self.n_a + 1))
        wealth = tuple(
            old + _log_block(control, delta, (n_a, s_a, n_b, s_b))
            for old, delta in zip(self.log_wealth, DELTAS, strict=True)
        )
        return self.model_copy(
            update={
                "log_wealth": wealth,
                "blocks": self.blocks + 1,
                "n_a": self.n_a + n_a,
                "n_b": self.n_b + n_b,
                "s_a": self.s_a + s_a,
            }
        )


class BettingHarmTest(_EProcess):
    """Is the canary's mean lower? For any score in 0..1; sums stand where successes stood.

    Null hypothesis: in every block the canary's mean is at least the control's.
    """

    log_wealth: tuple[float, ...] = (0.0,) * len(LAMBDAS)

    def update(self, n_a: int, s_a: float, n_b: int, s_b: float) -> Self:
        """The state after a block with sums of scores s_a and s_b.

        Raises:
            ValueError: A sum is below 0 or above the number of answers.
        """
        _check(n_a, s_a, n_b, s_b)
        return _bet(self, -_difference(n_a, s_a, n_b, s_b), n_a, n_b)


class PromoteTest(_EProcess):
    """Is the canary no worse than the control by ``margin``? For any score in 0..1.

    Null hypothesis: in every block the canary's mean is lower by the margin or more.

    One block can raise the evidence by no more than the margin's size or so, therefore small blocks
    (one to three canary answers) reach a promotion with the fewest requests.
    """

    margin: float = Field(ge=0, lt=1)
    log_wealth: tuple[float, ...] = (0.0,) * len(LAMBDAS)

    def update(self, n_a: int, s_a: float, n_b: int, s_b: float) -> Self:
        """The state after a block with sums of scores s_a and s_b.

        Raises:
            ValueError: A sum is below 0 or above the number of answers.
        """
        _check(n_a, s_a, n_b, s_b)
        if not (n_a and n_b):
            return _bet(self, 0.0, n_a, n_b)
        gain = (_difference(n_a, s_a, n_b, s_b) + self.margin) / (1 + self.margin)
        return _bet(self, gain, n_a, n_b)


E = TypeVar("E", bound=_EProcess)


def _check(n_a: int, s_a: float, n_b: int, s_b: float) -> None:
    for n, s in ((n_a, s_a), (n_b, s_b)):
        if not 0 <= s <= n:
            raise ValueError(f"{s} successes out of {n}")


def _inside(rate: float) -> float:
    return min(1 - _EDGE, max(_EDGE, rate))


def _log_block(control: float, delta: float, block: tuple[int, int, int, int]) -> float:
    """Log likelihood ratio of the block: two rates against their mean weighted by size."""
    n_a, s_a, n_b, s_b = block
    if not (n_a and n_b):
        return 0.0
    canary = _inside(control - delta)
    null = (n_a * control + n_b * canary) / (n_a + n_b)
    return (
        s_a * math.log(control / null)
        + (n_a - s_a) * math.log((1 - control) / (1 - null))
        + s_b * math.log(canary / null)
        + (n_b - s_b) * math.log((1 - canary) / (1 - null))
    )


def _difference(n_a: int, s_a: float, n_b: int, s_b: float) -> float:
    """Canary mean minus control mean; a block with an empty arm says nothing."""
    return s_b / n_b - s_a / n_a if n_a and n_b else 0.0


def _bet(test: E, gain: float, n_a: int, n_b: int) -> E:
    """Stake a share lambda of the wealth on ``gain``, for every lambda of the grid."""
    return test.model_copy(
        update={
            "log_wealth": tuple(
                old + math.log1p(share * gain)
                for old, share in zip(test.log_wealth, LAMBDAS, strict=True)
            ),
            "blocks": test.blocks + 1,
            "n_a": test.n_a + n_a,
            "n_b": test.n_b + n_b,
        }
    )
