"""A sign that prompts have reached their ceiling, as it was measured."""

from typing import Literal

from tuneworthy.core.nouns.base import Part

SignalAnswer = Literal["yes", "no", "unknown"]


class CeilingSignal(Part):
    """One of S1 to S6. It describes the trouble; no rule of the decision counts it."""

    id: Literal["S1", "S2", "S3", "S4", "S5", "S6"]
    text: str
    answer: SignalAnswer
    value: float | None = None
    """The number that the rule looks at; None when nothing could be measured."""
    low: float | None = None
    high: float | None = None
    n: int = 0
    rule: str
    """When it is a yes, when a no; everything else is unknown."""
    detail: str
    """What was found, in words with numbers, or why nothing was."""
