"""How much slower, longer or dearer a candidate's answers may be, and what was found of each."""

from typing import Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Interval, Part

GuardName = Literal["latency", "tokens", "cost"]


class GuardLimits(Part):
    """The largest ratio candidate / base that is allowed; without one it is shown, not asked.

    1.2 allows a fifth more, 0.8 asks for a fifth less. They are frozen with the suite.
    """

    latency: float | None = Field(default=None, gt=0, le=1000)
    """Wall seconds of an answer that is asked for alone."""
    tokens: float | None = Field(default=None, gt=0, le=1000)
    """Tokens of an answer, without those of its prompt."""
    cost: float | None = Field(default=None, gt=0, le=1000)
    """Price of a request: tokens of prompt and answer at the base's prices."""

    @property
    def declared(self) -> dict[GuardName, float]:
        """Each limit that is declared."""
        limits: dict[GuardName, float | None] = {
            "latency": self.latency,
            "tokens": self.tokens,
            "cost": self.cost,
        }
        return {name: limit for name, limit in limits.items() if limit is not None}


class GuardRatio(Part):
    """One guard: the candidate's mean over the base's, on the same cases."""

    name: GuardName
    unit: str
    base: float | None
    """Mean of the base; None, like ``candidate`` and ``ratio``, where it was not measured."""
    candidate: float | None
    ratio: Interval | None
    """With its 95 % interval; its upper bound decides."""
    n: int
    left_out: int = 0
    """Cases that one of the two did not answer."""
    limit: float | None = None
    broken: bool = False
    """A limit is declared, and it is not shown that the ratio stays below it."""
    why: str = ""
