"""When tuning pays for itself, from itemised rows: hours, spend and returns."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field, ValidationError

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.base import Part

SHORT_ENOUGH = 6
"""Months; a longer break-even does not justify tuning by itself."""

STRATEGIC = 4
"""The business owner's mark, 1 to 5, from which strategic value counts as high."""

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class CostRow(Part):
    """One line of the sum: working hours at the hourly rate, money, or both."""

    name: str
    hours: float = Field(default=0, ge=0, allow_inf_nan=False)
    spend: float = Field(default=0, ge=0, allow_inf_nan=False)
    per: Literal["month", "quarter", "year"] = "month"
    """How often it comes again; of no account for upfront rows."""


class Costs(Part):
    """The rows that people filled in. ``spend`` of a return is what comes back."""

    rate: float = Field(default=100, ge=0, allow_inf_nan=False)
    upfront: tuple[CostRow, ...] = ()
    ongoing: tuple[CostRow, ...] = ()
    returns: tuple[CostRow, ...] = ()


class BreakEven(Part):
    """Money a month and months until the upfront money is back; months None means never."""

    upfront: float
    ongoing: float
    returns: float
    net: float
    months: float | None
    never: bool
    justified: bool
    """Back in under six months and of high strategic value."""
    text: str


def break_even(costs: Costs, *, strategic_value: int = 0) -> BreakEven:
    """Months until upfront money is back; a net of zero or less is never, not a division.

    Args:
        costs: The itemised rows.
        strategic_value: The business owner's mark, 1 to 5; 0 when there is none.
    """
    rate = _exact(costs.rate)
    upfront = sum((_money(row, rate) for row in costs.upfront), Fraction())
    ongoing, returns = _monthly(costs.ongoing, rate), _monthly(costs.returns, rate)
    net = returns - ongoing
    months = upfront / net if net > 0 else None
    justified = months is not None and months < SHORT_ENOUGH and strategic_value >= STRATEGIC
    return BreakEven(
        upfront=float(upfront),
        ongoing=float(ongoing),
        returns=float(returns),
        net=float(net),
        months=None if months is None else float(months),
        never=months is None,
        justified=justified,
        text=_text(upfront, returns, ongoing, months, strategic_value),
    )


def read_costs(table: Mapping[str, Any]) -> Costs:
    """The rows of an answers file's ``costs`` table.

    Raises:
        ConfigProblem: A row has an unknown field, a missing name or a number below zero.
    """
    try:
        return Costs.model_validate(dict(table))
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ConfigProblem(
            "costs_wrong",
            f"The costs in the answers file are wrong at costs.{place}.",
            why=str(first["msg"]),
            fix="Give each row a name, and hours or spend; ongoing and returns also take "
            "per: month, quarter or year.",
        ) from fault


def _exact(value: float) -> Fraction:
    # Through the decimal text, so that 0.1 hours are a tenth and not a binary neighbour.
    return Fraction(Decimal(str(value)))


def _money(row: CostRow, rate: Fraction) -> Fraction:
    return _exact(row.hours) * rate + _exact(row.spend)


def _monthly(rows: Sequence[CostRow], rate: Fraction) -> Fraction:
    return sum((_money(row, rate) / _MONTHS[row.per] for row in rows), Fraction())


def _text(
    upfront: Fraction, returns: Fraction, ongoing: Fraction, months: Fraction | None, value: int
) -> str:
    start = (
        f"{float(upfront):,.2f} upfront; {float(returns):,.2f} back and "
        f"{float(ongoing):,.2f} spent a month."
    )
    if months is None:
        return f"{start} It never breaks even: the net is not above zero."
    end = f" It breaks even after {float(months):.2f} months."
    if months >= SHORT_ENOUGH:
        return start + end + f" Under {SHORT_ENOUGH} months would be needed."
    if value < STRATEGIC:
        return start + end + f" Strategic value is marked {value} of 5; {STRATEGIC} is needed."
    return start + end
