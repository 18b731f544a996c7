"""Scores from before release beside what was said of live answers."""

from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part

Source = Literal["check", "user", "override"]


class VersionOnline(Part):
    """One version's score on the frozen suite, and its live one; both 0..1."""

    version: str
    suite: str
    offline: Interval
    online: Interval
    gap: Interval
    """Live less offline; the samples are separate ones."""
    agree: bool
    """Whether the gap's interval holds 0."""
    matched: int
    """Live answers to a request that is a case of the suite."""
    same: float | None
    """Of these, the share in which both call the answer good, or both bad (from 0.5 on)."""


class OnlineAgreement(Part):
    """How far scores from before release foretell what is said of live answers."""

    source: Source
    versions: tuple[VersionOnline, ...]
    ordered: int
    """Pairs of versions that differ on both sides."""
    same_order: int
    """Of these, the pairs that both put in the same order."""
    words: str
