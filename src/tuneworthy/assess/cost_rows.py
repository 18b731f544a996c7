"""What tuning costs and brings back, as rows: how a row is written, and what it is worth."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, TypeGuard, TypeVar

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.money import Section
from tuneworthy.methods.bootstrap import FloatArray

MOST = 1e15
"""No figure may be larger; so that a slipped key is refused and sums stay finite."""

SECTIONS: tuple[Section, ...] = ("upfront", "ongoing", "returns")
MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MILLION = 1_000_000
_SHOWN = 80
_BITS = 1_000
_DIGITS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?|[0-9]+(\.[0-9]+)?")

Number = TypeVar("Number", Fraction, FloatArray)
Figure = Annotated[float, Field(ge=0, le=MOST, allow_inf_nan=False, strict=True)]


def exact(value: float) -> Fraction:
    """A figure as a fraction, through its decimal text: 0.1 is a tenth, not a binary neighbour."""
    return Fraction(Decimal(str(value)))


def is_figure(value: object) -> TypeGuard[float]:
    """Whether a value is a number that a row may hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= MOST


def _with_middle(table: dict[Any, Any]) -> dict[Any, Any]:
    low, high = table.get("low"), table.get("high")
    if "middle" in table:
        return table
    if is_figure(low) and is_figure(high):
        return {**table, "middle": float((exact(low) + exact(high)) / 2)}
    # Low and high are refused anyway; a missing middle would only add to the message.
    return {**table, "middle": 0}


class Amount(Part):
    """A figure with the lowest and the highest value that people still believe.

    In a file: a number, which stands for all three, or ``{low: 20, middle: 30, high: 40}``. Without
    ``middle`` it is half way between the two.
    """

    low: Figure
    middle: Figure
    high: Figure

    @property
    def ranged(self) -> bool:
        """Whether low and high differ."""
        return self.low < self.high

    @model_validator(mode="before")
    @classmethod
    def _three(cls, value: Any) -> Any:
        if isinstance(value, Amount):
            return value
        if isinstance(value, Mapping):
            return _with_middle(dict(value))
        if not is_figure(value):
            raise ValueError(f"give a number from 0 to {MOST:g}, or a low and a high")
        return {"low": value, "middle": value, "high": value}

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.low <= self.middle <= self.high:
            raise ValueError(
                f"low {self.low:g}, middle {self.middle:g} and high {self.high:g} must not fall"
            )
        return self


def money_text(text: str) -> Amount | None:
    """``3,200``, ``12.5`` or ``2000 to 4000`` as an amount; None when it is none of these."""
    ends = [_number(part) for part in re.split(r"\s+to\s+", text.strip(), maxsplit=1)]
    if any(end is None for end in ends):
        return None
    try:
        return Amount.model_validate({"low": ends[0], "high": ends[-1]})
    except ValidationError:
        return None


def _number(text: str) -> float | None:
    if not _DIGITS.fullmatch(text.strip()):
        return None
    return float(text.replace(",", ""))


NOTHING = Amount(low=0, middle=0, high=0)
ONE = Amount(low=1, middle=1, high=1)


class CostRow(Part):
    """One line of the sum. What it names is added up: hours, spend, tokens, machine hours."""

    name: str = Field(min_length=1, max_length=200)
    kind: Literal["", "training"] = ""
    """``training`` takes its machine hours from the estimator, where it has run."""
    hours: Amount = NOTHING
    """Working hours, at ``rate``."""
    rate: Amount | None = None
    """Money an hour of this row's work, in place of the common rate."""
    spend: Amount = NOTHING
    requests: Amount | None = None
    """Model calls; each has ``tokens``."""
    tokens: Amount | None = None
    price_per_million: Amount | None = None
    """Money for a million tokens. Input and output at two prices are two rows."""
    gpu_hours: Amount | None = None
    gpu_rate: Amount | None = None
    """Money for a GPU hour."""
    gpu_teraflops: Amount | None = None
    """What that GPU sustains in training, in 10^12 FLOP a second; not the data sheet's peak."""
    cpu_hours: Amount | None = None
    cpu_hour_rate: Amount | None = None
    """Money for one hour of one CPU core."""
    runs: Amount = ONE
    """How many times the machine hours are spent."""
    per: Literal["month", "quarter", "year"] = "month"
    """How often it comes again; of no account for upfront rows."""

    @property
    def missing(self) -> bool:
        """Whether it is a training that nobody has estimated or typed in."""
        return self.kind == "training" and self.cpu_hours is None and self.gpu_hours is None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        fault = next(filter(None, (_pair_fault(self), _training_fault(self))), "")
        if fault:
            raise ValueError(fault)
        return self


class Costs(Part):
    """The rows that people filled in. ``spend`` of a return is what comes back.

    In place of rows a section may be one amount of money.
    """

    rate: Figure = 100.0
    """Money an hour of work, for rows without their own."""
    currency: str = Field(default="", max_length=8)
    upfront: tuple[CostRow, ...] = ()
    ongoing: tuple[CostRow, ...] = ()
    returns: tuple[CostRow, ...] = ()

    @field_validator(*SECTIONS, mode="before")
    @classmethod
    def _one_row(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            value = money_text(value)
        is_range = isinstance(value, Amount) or (
            isinstance(value, Mapping) and {"low", "high"} <= value.keys()
        )
        if is_range or (isinstance(value, int | float) and not isinstance(value, bool)):
            return [{"name": info.field_name, "spend": value}]
        if not isinstance(value, list | tuple):
            raise ValueError("give a list of rows, or one amount of money")
        return value

    @field_validator("returns")
    @classmethod
    def _no_training(cls, rows: tuple[CostRow, ...]) -> tuple[CostRow, ...]:
        if any(row.kind == "training" for row in rows):
            raise ValueError("a training is a cost; put it under upfront or ongoing")
        return rows


def read_costs(table: Mapping[str, Any], *, place: str = "costs") -> Costs:
    """The rows of an answers file's ``costs`` table.

    Args:
        table: The table as read from the file.
        place: Where it stands, for the message.

    Raises:
        ConfigProblem: A row has an unknown field, a missing name, half of a price, a figure that is
            no number from 0 to 1e15, or a low above its high. Every fault is told.
    """
    try:
        return Costs.model_validate(dict(need_table(table, place)))
    except ValidationError as fault:
        faults = [
            (
                ".".join([place, *map(str, _typed(table, error["loc"]))])
                + _named(table, error["loc"]),
                _said(error),
            )
            for error in fault.errors(include_url=False)
        ]
        raise _problem(faults) from fault


def has_amount(table: Mapping[str, Any]) -> bool:
    """Whether a ``costs`` table has a row that is worth something; a wrong table has none."""
    try:
        return is_itemised(Costs.model_validate(dict(table)))
    except ValidationError:
        return False


def is_itemised(costs: Costs) -> bool:
    """Whether a row is worth something. A training is, as its hours come from the estimator."""
    rate = exact(costs.rate)
    return any(
        row.kind == "training" or worth(row, rate, lambda amount: exact(amount.high)) > 0
        for section in SECTIONS
        for row in getattr(costs, section)
    )


def need_table(table: object, place: str) -> Mapping[str, Any]:
    """The table itself. Raises ConfigProblem when it is no mapping."""
    if not isinstance(table, Mapping):
        raise _problem([(place, "it must be a mapping with upfront, ongoing and returns")])
    return table


def worth(row: CostRow, rate: Number, figure: Callable[[Amount], Number]) -> Number:
    """A row's money as often as it comes.

    Args:
        row: The row.
        rate: The common hourly rate.
        figure: Gives one value for an amount: an end of it, or many draws.
    """
    total = figure(row.hours) * (rate if row.rate is None else figure(row.rate))
    total = total + figure(row.spend)
    if row.tokens is not None and row.price_per_million is not None:
        used = figure(row.tokens) * figure(row.price_per_million) / _MILLION
        total = total + (used if row.requests is None else used * figure(row.requests))
    runs = figure(row.runs)
    for hours, price in ((row.cpu_hours, row.cpu_hour_rate), (row.gpu_hours, row.gpu_rate)):
        if hours is not None and price is not None:
            total = total + figure(hours) * figure(price) * runs
    return total


def _pair_fault(row: CostRow) -> str:
    """What is said by halves: a quantity without its price, or the reverse."""
    halves = (
        ("requests", "tokens"),
        ("tokens", "price_per_million"),
        ("price_per_million", "tokens"),
        ("gpu_hours", "gpu_rate"),
        ("cpu_hours", "cpu_hour_rate"),
        ("rate", "hours"),
    )
    more = () if row.kind else (("gpu_rate", "gpu_hours"), ("cpu_hour_rate", "cpu_hours"))
    said = {name for name in row.model_fields_set if getattr(row, name) is not None}
    for one, other in (*halves, *more):
        if one in said and other not in said:
            return f"'{one}' needs '{other}' beside it"
    if not said - {"name", "kind", "per", "runs"}:
        return "it has no figure; write 'spend: 0' if it costs nothing"
    return ""


def _training_fault(row: CostRow) -> str:
    by_cpu, by_gpu = row.cpu_hour_rate is not None, row.gpu_rate is not None
    if not row.kind:
        if row.gpu_teraflops is not None:
            return "'gpu_teraflops' is for rows of 'kind: training'"
        if "runs" in row.model_fields_set and not (by_cpu or by_gpu):
            return "'runs' needs 'cpu_hours' or 'gpu_hours' beside it"
        return ""
    if by_cpu == by_gpu:
        return "a training needs 'cpu_hour_rate' or 'gpu_rate', and not both"
    if by_gpu and row.gpu_hours is None and row.gpu_teraflops is None:
        return (
            "a training by 'gpu_rate' needs 'gpu_teraflops' (what the GPU sustains), so that the "
            "estimated FLOP become hours, or 'gpu_hours'"
        )
    if row.gpu_teraflops is not None and row.gpu_teraflops.low <= 0:
        return "'gpu_teraflops' must be above 0"
    return ""


def brief(value: object) -> str:
    """A wrong value, short enough for a message."""
    # Python refuses to write out an integer of thousands of digits.
    if isinstance(value, int) and value.bit_length() > _BITS:
        return "a number of very many digits"
    return f"{value!r:.40}"


def _typed(table: Mapping[str, Any], place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A fault's place as it was typed: one amount in place of rows has no row and no field."""
    rows = table.get(str(place[0])) if place else None
    if place[1:3] == (0, "spend") and not isinstance(rows, list | tuple):
        return (place[0], *place[3:])
    return place


def _named(table: Mapping[str, Any], place: tuple[int | str, ...]) -> str:
    """The row's name after its place, where it has one: people do not count rows from nought."""
    try:
        name = table[str(place[0])][place[1]]["name"]
    except (IndexError, KeyError, TypeError):
        return ""
    return f" ('{name}')" if isinstance(name, str) and len(name) <= _SHOWN else ""


def _said(error: Mapping[str, Any]) -> str:
    message, value = str(error["msg"]).removeprefix("Value error, "), error["input"]
    whole = isinstance(value, Mapping | list | tuple) or error["type"] == "extra_forbidden"
    return message if whole else f"it is {brief(value)}; {message[:1].lower()}{message[1:]}"


def _problem(faults: list[tuple[str, str]]) -> ConfigProblem:
    place = faults[0][0]
    return ConfigProblem(
        "costs_wrong",
        f"The costs in the answers file are wrong at {place}.",
        why="; ".join(f"{where}: {what}" for where, what in faults[:10]) + ".",
        fix="Give each row a name, and hours or spend (a number, or low and high), tokens with "
        "price_per_million, or gpu_hours with gpu_rate; ongoing and returns also take "
        "per: month, quarter or year.",
    )
