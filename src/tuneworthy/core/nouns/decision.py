"""Is it worth tuning? The verdict, with its working shown."""

from enum import StrEnum
from typing import Literal

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.ceiling_signal import CeilingSignal
from tuneworthy.core.nouns.rules import Rules, SecondOpinion


class Verdict(StrEnum):
    """The reconciled answers, strictest first."""

    INCONSISTENT_ANSWERS = "INCONSISTENT_ANSWERS"
    STOP_DATA_FLOOR = "STOP_DATA_FLOOR"
    KEEP_OPTIMISING_PROMPTS = "KEEP_OPTIMISING_PROMPTS"
    TRY_ALTERNATIVES = "TRY_ALTERNATIVES"
    ADDRESS_ANTI_INDICATORS = "ADDRESS_ANTI_INDICATORS"
    PILOT = "PILOT"
    PROCEED = "PROCEED"

    @property
    def allows_tuning(self) -> bool:
        """Whether training may start (as a bounded pilot or in full)."""
        return self in (Verdict.PILOT, Verdict.PROCEED)


class FactorAnswer(Part):
    """One question with its answer as typed in and as measured (None: not known)."""

    id: str
    text: str
    declared: bool | None
    measured: bool | None
    basis: str = ""
    """What was measured, in words with numbers; empty when nothing was."""


class Decision(Part):
    """The verdict and every step that led to it."""

    basis: Literal["declared", "evidenced"]
    verdict: Verdict
    reasons: tuple[str, ...]
    ceiling_reached: bool
    indicators: int
    anti_indicators: int
    tree: str
    score: float
    score_band: str
    net: int
    net_band: str
    weighted: float
    factors: tuple[FactorAnswer, ...]
    signals: tuple[CeilingSignal, ...] = ()
    """S1 to S6 as measured; empty in the declared decision."""
    contradictions: tuple[str, ...] = ()
    """Where what was typed in and what was measured disagree, in words."""
    rules: Rules | None = None
    """The working of every rule; ``decide`` always gives it."""
    second_opinion: SecondOpinion | None = None
    """What the template's own tree says of the same answers."""
