"""What one says when a blind review is opened."""

import re

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.base import Part

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")


class ReviewSettings(Part):
    """How people are asked; numbers left at None follow from the project and from power."""

    question: str = ""
    n: int | None = None
    """How many cases; for pairs as many as show the gain, for ratings 50."""
    seed: int = 7
    """Of the draw; which answer stands where comes from a key that nobody chooses."""
    raters: int = 1
    """How many people judge each item."""
    gain: float | None = None
    """The preference to show, share for less share against; the project's declared gain."""
    alpha: float = 0.05
    lease_minutes: float = 30.0
    reference: bool = False
    """Whether people see the expected answer."""
    makers_may: str = ""
    """Why who trained the candidate may judge; they may not without a reason."""
    criteria: tuple[str, ...] = ()
    """Of a rating: which of the guide's criteria; all of them without it."""
    scale: str = ""
    """Of a rating, as 1-5: what the guide's anchors must reach to."""

    def check(self, name: str) -> None:
        """Raise UsageProblem with everything that is wrong."""
        said = {
            f"'{name[:70]}' is no name: letters, digits, - and _": not _NAME.match(name),
            "-n must be 1 or more": self.n is not None and self.n < 1,
            "--overlap must be 1 to 100": not 1 <= self.raters <= 100,
            "--gain must be above 0, at most 1": self.gain is not None and not 0 < self.gain <= 1,
            "--alpha must be 0.0001 to 0.5": not 0.0001 <= self.alpha <= 0.5,
            "--lease-minutes must be above 0 and at most 10000": not 0 < self.lease_minutes <= 1e4,
            "--seed must be within 2^53": abs(self.seed) >= 2**53,
            "--scale must be 1-N, N from 2 to 9": not re.match(r"(1-[2-9])?\Z", self.scale),
        }
        wrong = [text for text, bad in said.items() if bad]
        if wrong:
            raise UsageProblem(
                "bad_review", "; ".join(wrong) + ".", fix="tuneworthy eval pairs create --help"
            )
