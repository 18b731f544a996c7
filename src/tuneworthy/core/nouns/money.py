"""When tuning pays for itself: the sum, its scenarios, what moves it, and how sure it is."""

from typing import Literal

from tuneworthy.core.nouns.base import Part

SHORT_ENOUGH = 6
"""Months; a longer break-even does not justify tuning by itself."""

_SCALE = 24.0
"""Months that a drawing may always show."""
_ROOM_FOR_NEVER = 1.25
_LARGEST = 1e300

Section = Literal["upfront", "ongoing", "returns"]


class BreakEven(Part):
    """Money a month and months until the upfront money is back; months None means never."""

    upfront: float
    ongoing: float
    returns: float
    net: float
    months: float | None
    never: bool
    justified: bool
    """Back in under six months, of high strategic value, and nothing ``missing``."""
    missing: tuple[str, ...] = ()
    """Rows that wait for a figure, and cost sections without a row; they count as nothing."""
    text: str


class CostLine(Part):
    """One row as money: once for upfront rows, a month for the others."""

    section: Section
    name: str
    working: str
    """The figures behind the money, in words."""
    low: float
    middle: float
    high: float
    measured: bool
    """Whether the figures are the estimator's and not typed in."""
    missing: bool
    """Whether the row waits for a figure; its money is then shown as nothing."""


class Scenarios(Part):
    """Every row at one end: ``low`` is costs low and returns high, ``high`` the opposite."""

    low: BreakEven
    middle: BreakEven
    high: BreakEven


class Outcome(Part):
    """Months until break-even (None: never) and the net a month."""

    months: float | None
    net: float


class Swing(Part):
    """What comes out with one row at its low and at its high, all others at their middle."""

    section: Section
    name: str
    low: Outcome
    high: Outcome


class Tornado(Part):
    """The rows that have a range, the one that moves the outcome most first.

    ``unit`` is what they are sorted and drawn by: months, or the net a month where the middle never
    breaks even.
    """

    unit: Literal["months", "net"]
    middle: Outcome
    swings: tuple[Swing, ...]
    """A row that leads to never at one end comes before all that do not, by months."""
    currency: str = ""
    """What money is counted in, such as ``EUR``."""

    def value(self, outcome: Outcome) -> float | None:
        """An outcome in the tornado's unit; None is never, which has no place on a scale."""
        return outcome.months if self.unit == "months" else outcome.net

    @property
    def scale(self) -> tuple[float, float]:
        """Where a drawing begins and ends: all outcomes, and nought.

        Months far beyond the middle are left out, or the rest could not be seen beside them.
        """
        outcomes = [self.middle, *(end for s in self.swings for end in (s.low, s.high))]
        values = [value for value in map(self.value, outcomes) if value is not None]
        low, high = min(0.0, *values), max(0.0, *values)
        if len(values) < len(outcomes):
            high = min(high, _LARGEST) * _ROOM_FOR_NEVER
        if self.unit == "months" and self.middle.months is not None:
            high = min(high, max(_SCALE, 3 * self.middle.months))
        return (low, high) if low < high else (0.0, 1.0)

    def part(self, value: float | None) -> float:
        """Where a value stands on the scale, 0..1; never stands at its end."""
        if value is None:
            return 1.0
        # Halved first: the span itself may be beyond the largest float.
        low, high = (end / 2 for end in self.scale)
        return min(max((value / 2 - low) / ((high - low) or 1.0), 0.0), 1.0)


class Percentiles(Part):
    """The 5th, 50th and 95th percentile, each the value of a draw; None means never."""

    p5: float | None
    p50: float | None
    p95: float | None


class Band(Part):
    """A Monte-Carlo band over the ranges of the rows."""

    draws: int
    seed: int
    ranged: int
    """How many rows have a range; without any, all draws are alike."""
    within: float
    """Share of draws, 0..1, that break even in under six months."""
    never: float
    """Share of draws, 0..1, that never break even."""
    months: Percentiles
    """From soonest to latest; never counts as later than every number."""
    net: Percentiles
    """Net a month."""
    text: str


class Money(BreakEven):
    """The sum at the middle of every row, and all that the ranges say about it."""

    currency: str
    strategic_value: int
    lines: tuple[CostLine, ...]
    scenarios: Scenarios
    tornado: Tornado
    band: Band
