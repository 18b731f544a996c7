"""What one says when a queue is opened."""

import math
import re

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.labelling import LabelScale

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")


class QueueSettings(Part):
    """A file with one question about each of its rows, and how people are asked it."""

    source: str
    """The file, from the project's folder."""
    guide: str
    """The written guide, from the project's folder."""
    question: str = "Which label fits?"
    scale: LabelScale = "nominal"
    choices: tuple[str, ...] = ()
    """The classes; on the ordinal scale lowest first."""
    low: float | None = None
    high: float | None = None
    annotators: int = 2
    """How many people judge each of the overlapping items; every other item one."""
    overlap: float = 1.0
    """Share of the items that ``annotators`` people judge."""
    gold_rate: float = 0.1
    """Share of what a person is handed that has a known answer, once there are some."""
    seed: int = 7
    lease_minutes: float = 30.0
    """How long an item that was handed out is kept for its person."""
    target_key: str = ""
    """The labelled row's target is ``{target_key: label}``; empty for the label itself."""

    def check(self, name: str) -> None:
        """Raise UsageProblem with everything that is wrong."""
        said = {
            f"'{name[:70]}' is no name: letters, digits, - and _": not _NAME.match(name),
            "--question is blank": not self.question.strip(),
            "--choices needs two different classes or more": self._classes() and self._few(),
            "--choices goes with the scales nominal and ordinal": (
                not self._classes() and bool(self.choices)
            ),
            "--low and --high go with the scale interval, low below high": self._bounds_wrong(),
            "--annotators must be 1 to 100": not 1 <= self.annotators <= 100,
            "--overlap must be 0 to 1": not 0 <= self.overlap <= 1,
            "--gold-rate must be 0 to below 1": not 0 <= self.gold_rate < 1,
            "--lease-minutes must be above 0 and at most 10000": not 0 < self.lease_minutes <= 1e4,
            "--seed must be within 2^53": abs(self.seed) >= 2**53,
        }
        wrong = [text for text, bad in said.items() if bad]
        if wrong:
            raise UsageProblem(
                "bad_queue", "; ".join(wrong) + ".", fix="tuneworthy label create --help"
            )

    def _classes(self) -> bool:
        return self.scale in ("nominal", "ordinal")

    def _few(self) -> bool:
        names = self.choices
        return len(names) < 2 or len(set(names)) < len(names) or not all(n.strip() for n in names)

    def _bounds_wrong(self) -> bool:
        given = [bound for bound in (self.low, self.high) if bound is not None]
        if self.scale != "interval":
            return bool(given)
        return not all(map(math.isfinite, given)) or (len(given) == 2 and given[0] >= given[1])
