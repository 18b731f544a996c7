"""When tuning pays for itself, exactly: the sum, its scenarios, and which row moves it most."""

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Literal, NamedTuple

from tuneworthy.assess.cost_rows import (
    MONTHS,
    SECTIONS,
    Amount,
    CostRow,
    Costs,
    exact,
    worth,
)
from tuneworthy.core.nouns.money import (
    SHORT_ENOUGH,
    BreakEven,
    Outcome,
    Scenarios,
    Section,
    Swing,
    Tornado,
)

STRATEGIC = 4
"""The business owner's mark, 1 to 5, from which strategic value counts as high."""

_COSTS: tuple[Section, ...] = ("upfront", "ongoing")
"""What must be filled in, be it with nothing, before a sum can justify anything."""

End = Literal["low", "middle", "high"]
_OPPOSITE: dict[End, End] = {"low": "high", "middle": "middle", "high": "low"}


class Sums(NamedTuple):
    """Money once and money a month."""

    upfront: Fraction
    ongoing: Fraction
    returns: Fraction

    @property
    def net(self) -> Fraction:
        """What is left a month."""
        return self.returns - self.ongoing

    @property
    def months(self) -> Fraction | None:
        """Until the upfront money is back; None where a month leaves nothing."""
        return self.upfront / self.net if self.net > 0 else None


def break_even(costs: Costs, *, strategic_value: int = 0) -> BreakEven:
    """Months until upfront money is back; a net of zero or less is never, not a division.

    Args:
        costs: The itemised rows, each taken at its middle.
        strategic_value: The business owner's mark, 1 to 5; 0 when there is none.
    """
    return _told(costs, sums_at(costs, "middle"), strategic_value)


def scenarios(costs: Costs, *, strategic_value: int = 0) -> Scenarios:
    """The break-even with every row at its good end, its middle and its bad end."""
    low, middle, high = (
        _told(costs, sums_at(costs, end), strategic_value) for end in ("low", "middle", "high")
    )
    return Scenarios(low=low, middle=middle, high=high)


def sums_at(costs: Costs, end: End) -> Sums:
    """The sums with costs at one end and returns at the opposite one."""
    ends: dict[Section, End] = {"upfront": end, "ongoing": end, "returns": _OPPOSITE[end]}
    totals = {
        section: sum(
            (money_at(row, costs, section, ends[section]) for row in getattr(costs, section)),
            Fraction(),
        )
        for section in SECTIONS
    }
    return Sums(totals["upfront"], totals["ongoing"], totals["returns"])


def money_at(row: CostRow, costs: Costs, section: Section, end: End) -> Fraction:
    """A row's money at one end of its figures: once for upfront rows, a month for others."""
    money = worth(row, exact(costs.rate), _figure(end))
    return money if section == "upfront" else money / MONTHS[row.per]


def tornado(costs: Costs) -> Tornado:
    """Each row that has a range at both its ends, the others at their middle.

    Sorted by the swing in months, a row that leads to never at one end first; by the swing of the
    net a month where the middle itself never breaks even.
    """
    middle = sums_at(costs, "middle")
    swings = []
    for section in SECTIONS:
        for row in getattr(costs, section):
            at = {end: money_at(row, costs, section, end) for end in _OPPOSITE}
            if at["low"] == at["high"]:
                continue
            low, high = (
                middle._replace(**{section: getattr(middle, section) - at["middle"] + at[end]})
                for end in ("low", "high")
            )
            swings.append(
                (
                    low,
                    high,
                    Swing(section=section, name=row.name, low=_outcome(low), high=_outcome(high)),
                )
            )
    by_months = middle.months is not None
    swings.sort(key=lambda s: _reach(s[0], s[1], by_months=by_months), reverse=True)
    return Tornado(
        unit="months" if by_months else "net",
        middle=_outcome(middle),
        swings=tuple(swing for _, _, swing in swings),
        currency=costs.currency,
    )


def number(value: Fraction) -> float:
    """A fraction as a float; beyond the largest float, that one."""
    try:
        return float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max


def _figure(end: End) -> Callable[[Amount], Fraction]:
    return lambda amount: exact(getattr(amount, end))


def _reach(low: Sums, high: Sums, *, by_months: bool) -> tuple[bool, Fraction, Fraction]:
    """How far a row moves the outcome: from a number to never, in months, in net a month."""
    net = abs(low.net - high.net)
    if not by_months or (low.months is None and high.months is None):
        return False, Fraction(), net
    if low.months is None or high.months is None:
        return True, Fraction(), net
    return False, abs(low.months - high.months), net


def _outcome(sums: Sums) -> Outcome:
    months = sums.months
    return Outcome(months=None if months is None else number(months), net=number(sums.net))


def _told(costs: Costs, sums: Sums, strategic_value: int) -> BreakEven:
    months = sums.months
    missing = (
        *(section for section in _COSTS if not getattr(costs, section)),
        *(row.name for section in _COSTS for row in getattr(costs, section) if row.missing),
    )
    short = months is not None and months < SHORT_ENOUGH
    return BreakEven(
        upfront=number(sums.upfront),
        ongoing=number(sums.ongoing),
        returns=number(sums.returns),
        net=number(sums.net),
        months=None if months is None else number(months),
        never=months is None,
        justified=short and strategic_value >= STRATEGIC and not missing,
        missing=missing,
        text=_text(sums, strategic_value, missing),
    )


def _text(sums: Sums, value: int, missing: tuple[str, ...]) -> str:
    start = (
        f"{number(sums.upfront):,.2f} upfront; {number(sums.returns):,.2f} back and "
        f"{number(sums.ongoing):,.2f} spent a month."
    )
    if missing:
        start += f" Not in it, because nobody has estimated them: {', '.join(missing)}."
    if sums.months is None:
        return f"{start} It never breaks even: the net is not above zero."
    months = number(sums.months)
    # Rounded down, so that what is under six months is never told as six.
    shown = math.floor(months * 100) / 100 if months < SHORT_ENOUGH else months
    end = f" It breaks even after {shown:.2f} months."
    if sums.months >= SHORT_ENOUGH:
        return start + end + f" Under {SHORT_ENOUGH} months would be needed."
    if not value:
        return f"{start}{end} Nobody has marked the strategic value; {STRATEGIC} of 5 is needed."
    if value < STRATEGIC:
        return start + end + f" Strategic value is marked {value} of 5; {STRATEGIC} is needed."
    return start + end
