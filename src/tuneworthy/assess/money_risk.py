"""How sure the break-even is: many draws from the ranges of all rows, and the whole account."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tuneworthy.assess.cost_rows import (
    MONTHS,
    SECTIONS,
    Amount,
    CostRow,
    Costs,
    brief,
    need_table,
    read_costs,
    worth,
)
from tuneworthy.assess.cost_training import fill_training
from tuneworthy.assess.cost_words import working
from tuneworthy.assess.money import (
    break_even,
    money_at,
    number,
    scenarios,
    sums_at,
    tornado,
)
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.money import SHORT_ENOUGH, Band, CostLine, Money, Percentiles, Section
from tuneworthy.methods.bootstrap import FloatArray
from tuneworthy.methods.triangular import triangular

DRAWS = 10_000
SEED = 7


def work_out(
    costs: Costs,
    *,
    strategic_value: int = 0,
    estimate: Mapping[str, Any] | None = None,
    seed: int = SEED,
) -> Money:
    """The break-even, its rows, its three scenarios, its tornado and its band.

    Args:
        costs: The itemised rows.
        strategic_value: The business owner's mark, 1 to 5; 0 when there is none.
        estimate: The result of the evidence ``train.estimate``, for rows of ``kind: training``.
        seed: Of the draws; kept with the band.
    """
    filled = fill_training(costs, estimate)
    middle = break_even(filled, strategic_value=strategic_value)
    return Money(
        **dict(middle),
        currency=costs.currency,
        strategic_value=strategic_value,
        lines=_lines(costs, filled),
        scenarios=scenarios(filled, strategic_value=strategic_value),
        tornado=tornado(filled),
        band=money_band(filled, seed=seed),
    )


def break_even_of(table: Mapping[str, Any], *, place: str = "money", seed: int = SEED) -> Money:
    """The whole account of a mapping like ``costs``, with ``strategic_value`` in it or not.

    Args:
        table: ``rate``, ``currency``, ``upfront``, ``ongoing``, ``returns``, ``strategic_value``.
        place: Where the mapping stands, for the message.
        seed: Of the draws.

    Raises:
        ConfigProblem: A row or the mark is wrong; the place is told.
    """
    rows = dict(need_table(table, place))
    mark = rows.pop("strategic_value", 0)
    costs = read_costs(rows, place=place)
    if isinstance(mark, bool) or not isinstance(mark, int) or not 0 <= mark <= 5:
        raise ConfigProblem(
            "strategic_value_wrong",
            f"{place}.strategic_value is {brief(mark)}.",
            why="It is the business owner's mark of strategic value: a whole number from 1 to 5.",
            fix=f"Write a number from 1 to 5 at {place}.strategic_value, or leave it out.",
        )
    return work_out(costs, strategic_value=mark, seed=seed)


def money_band(costs: Costs, *, seed: int = SEED, draws: int = DRAWS) -> Band:
    """What comes out when every figure with a range is drawn, each on its own.

    A triangular distribution asks for nothing but the three values that people gave, and lies wider
    than the PERT one, so it claims less. Percentiles are values of draws (nearest rank), not
    mixed from two of them, because between a number and never lies no number.

    Args:
        costs: The rows.
        seed: Of numpy's generator.
        draws: How many.
    """
    rng = np.random.default_rng(seed)

    def drawn(amount: Amount) -> FloatArray:
        if not amount.ranged:
            return np.full(draws, amount.middle)
        return triangular(rng.random(draws), amount.low, amount.middle, amount.high)

    rate = np.full(draws, costs.rate)
    sums = {section: np.zeros(draws) for section in SECTIONS}
    ranged = 0
    for section in SECTIONS:
        for row in getattr(costs, section):
            once = 1 if section == "upfront" else MONTHS[row.per]
            sums[section] += worth(row, rate, drawn) / once
            ranged += money_at(row, costs, section, "low") < money_at(row, costs, section, "high")
    months, net = _outcomes(costs, sums)
    found = Band(
        draws=draws,
        seed=seed,
        ranged=ranged,
        within=float(np.mean(months < SHORT_ENOUGH)),
        never=float(np.mean(net <= 0)),
        months=_percentiles(months),
        net=_percentiles(net),
        text="",
    )
    return found.model_copy(update={"text": _text(found)})


def _outcomes(costs: Costs, sums: Mapping[Section, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Months (infinite for never) and net of every draw, held inside the exact scenarios.

    A draw can leave them by rounding only, and a net of exactly zero must stay one.
    """
    best, worst = sums_at(costs, "low"), sums_at(costs, "high")
    net = np.clip(sums["returns"] - sums["ongoing"], number(worst.net), number(best.net))
    months = np.full(net.shape, np.inf)
    with np.errstate(over="ignore"):
        np.divide(sums["upfront"], net, out=months, where=net > 0)
    soonest, latest = (np.inf if m is None else number(m) for m in (best.months, worst.months))
    return np.clip(months, soonest, latest), net


def _percentiles(values: FloatArray) -> Percentiles:
    low, middle, high = (
        float(value) if np.isfinite(value) else None
        for value in np.percentile(values, (5, 50, 95), method="inverted_cdf")
    )
    return Percentiles(p5=low, p50=middle, p95=high)


def _lines(typed: Costs, filled: Costs) -> tuple[CostLine, ...]:
    return tuple(
        _line(section, before, after, filled)
        for section in SECTIONS
        for before, after in zip(getattr(typed, section), getattr(filled, section), strict=True)
    )


def _line(section: Section, typed: CostRow, filled: CostRow, costs: Costs) -> CostLine:
    low, middle, high = (
        number(money_at(filled, costs, section, end)) for end in ("low", "middle", "high")
    )
    return CostLine(
        section=section,
        name=filled.name,
        working=working(section, typed, filled, costs.rate),
        low=low,
        middle=middle,
        high=high,
        measured=filled != typed,
        missing=filled.missing,
    )


def _text(found: Band) -> str:
    if not found.ranged:
        return "No row has a low and a high, so there is no band; give the rows their ranges."
    months, net = found.months, found.net
    times = ["never" if m is None else f"{m:.1f}" for m in (months.p5, months.p50, months.p95)]
    nets = [f"{value:,.2f}" for value in (net.p5, net.p50, net.p95) if value is not None]
    rows = "1 row" if found.ranged == 1 else f"{found.ranged} rows"
    return (
        f"In {found.draws:,} draws (seed {found.seed}, {rows} with a range) it breaks even in "
        f"under {SHORT_ENOUGH} months in {found.within:.1%} and never in {found.never:.1%}. "
        f"Months at the 5th, 50th and 95th percentile: {', '.join(times)}. "
        f"Net a month at the same percentiles: {', '.join(nets)}."
    )
