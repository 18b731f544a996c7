"""The figures behind a row's money, in words."""

from tuneworthy.assess.cost_rows import ONE, Amount, CostRow
from tuneworthy.core.nouns.money import Section


def working(section: Section, typed: CostRow, filled: CostRow, rate: float) -> str:
    """How a row's money comes about, such as ``30 (20 to 40) h x 100``.

    Args:
        section: Where the row stands.
        typed: The row as people wrote it.
        filled: The row with measured hours, where there are some.
        rate: The common hourly rate.
    """
    if filled.missing:
        return "not estimated yet: tuneworthy train plan"
    parts = [*_work(filled, rate), *_tokens(filled), *_machines(typed, filled)]
    often = "" if section == "upfront" or filled.per == "month" else f", a {filled.per}"
    return (" + ".join(parts) or "0") + often


def shown(amount: Amount) -> str:
    """A figure with its range, where it has one."""
    middle = _plain(amount.middle)
    if not amount.ranged:
        return middle
    return f"{middle} ({_plain(amount.low)} to {_plain(amount.high)})"


def _work(row: CostRow, rate: float) -> list[str]:
    parts = []
    if row.hours.high > 0:
        price = _plain(rate) if row.rate is None else shown(row.rate)
        parts.append(f"{shown(row.hours)} h x {price}")
    if row.spend.high > 0:
        parts.append(shown(row.spend))
    return parts


def _tokens(row: CostRow) -> list[str]:
    if row.tokens is None or row.price_per_million is None:
        return []
    calls = "" if row.requests is None else f"{shown(row.requests)} requests x "
    return [f"{calls}{shown(row.tokens)} tokens x {shown(row.price_per_million)} a million"]


def _machines(typed: CostRow, filled: CostRow) -> list[str]:
    kinds = (
        ("CPU", typed.cpu_hours, filled.cpu_hours, filled.cpu_hour_rate),
        ("GPU", typed.gpu_hours, filled.gpu_hours, filled.gpu_rate),
    )
    parts = []
    for name, before, hours, price in kinds:
        if hours is None or price is None:
            continue
        runs = "" if filled.runs == ONE else f" x {shown(filled.runs)} runs"
        parts.append(f"{shown(hours)} {name} h x {shown(price)}{runs}{_source(before, hours)}")
    return parts


def _source(typed: Amount | None, hours: Amount) -> str:
    """Both figures where a measurement has taken the place of an answer."""
    if typed == hours:
        return ""
    return " (measured)" if typed is None else f" (measured; typed {shown(typed)})"


def _plain(value: float) -> str:
    return f"{value:,.10g}" if value >= 0.001 or value == 0 else f"{value:.2g}"
