"""What answers cost, and what one right answer costs."""

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.requirements import Prices
from tuneworthy.core.nouns.run import SuccessCost

_MILLION = 1_000_000


def cost_of(prices: Prices, prompt_tokens: int, completion_tokens: int) -> float:
    """Tokens times their price, in the currency of the prices."""
    return (
        prompt_tokens * prices.prompt_per_million
        + completion_tokens * prices.completion_per_million
    ) / _MILLION


def cost_per_success(cost: float, score: Interval) -> SuccessCost:
    """The cost of a request divided by the share of right answers.

    The tokens are counted, so the interval is the score's alone, turned round: the fewer are right,
    the dearer is each. A share of 0 has no price, so a lower bound of 0 leaves no upper one.
    """
    if score.n == 0:
        return SuccessCost(value=None, low=None, high=None)
    each = cost / score.n
    return SuccessCost(
        value=_per(each, score.value), low=_per(each, score.high), high=_per(each, score.low)
    )


def _per(cost: float, share: float) -> float | None:
    return cost / share if share > 0 else None
