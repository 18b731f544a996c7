"""tuneworthy assess money: when tuning pays for itself, and which row decides it."""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.money import BreakEven, CostLine, Money, Outcome, Swing, Tornado

_WIDTH = 32
_WHEN = {"upfront": "once", "ongoing": "a month", "returns": "back a month"}


@click.command()
@click.pass_context
def money(ctx: click.Context) -> None:
    """When tuning pays for itself: rows, three scenarios, what moves it, how sure it is."""
    found = open_workspace(ctx).money()
    lines = [
        found.text,
        "",
        *_rows(found),
        "",
        *_scenarios(found),
        "",
        *_tornado(found.tornado),
        "",
        found.band.text,
    ]
    say(ctx, found, lines)


def _rows(found: Money) -> list[str]:
    unit = f" (money in {found.currency})" if found.currency else ""
    return [
        f"Rows{unit}, low, middle and high:",
        *table(
            ["When", "Row", "Working", "Low", "Middle", "High"],
            [
                [_WHEN[row.section], _name(row.name), row.working, *_figures(row)]
                for row in found.lines
            ],
        ),
    ]


def _figures(row: CostLine) -> list[str]:
    if row.missing:
        return ["?", "?", "?"]
    return [f"{value:,.2f}" for value in (row.low, row.middle, row.high)]


def _scenarios(found: Money) -> list[str]:
    ends = found.scenarios
    named = (
        ("low: costs low, returns high", ends.low),
        ("middle", ends.middle),
        ("high: costs high, returns low", ends.high),
    )
    return [
        "Scenarios, with every row at the same end:",
        *table(
            ["Scenario", "Upfront", "Spent a month", "Back", "Net", "Months", "Justified"],
            [[name, *_scenario(end)] for name, end in named],
        ),
    ]


def _scenario(end: BreakEven) -> list[str]:
    money_ = [f"{value:,.2f}" for value in (end.upfront, end.ongoing, end.returns, end.net)]
    months = "never" if end.months is None else f"{end.months:,.2f}"
    return [*money_, months, "yes" if end.justified else "no"]


def _tornado(found: Tornado) -> list[str]:
    unit = "months until break-even" if found.unit == "months" else "net a month"
    if not found.swings:
        return ["No row has a low and a high, so nothing can be said of which one matters most."]
    head = (
        f"What moves it most, in {unit} (o the row's low, x its high, | middle, > beyond or never):"
    )
    wide = max(len(_name(swing.name)) for swing in found.swings)
    return [head, *(_swing(swing, found, wide) for swing in found.swings)]


def _swing(swing: Swing, found: Tornado, wide: int) -> str:
    ends = f"{_outcome(found, swing.low)} to {_outcome(found, swing.high)}"
    return f"  {_name(swing.name).ljust(wide)}  [{_bar(swing, found)}]  {ends}"


def _bar(swing: Swing, found: Tornado) -> str:
    """The row as a bar of text; an end that is never, or off the scale, is an arrow."""
    low, middle, high = (_cell(found, end) for end in (swing.low, found.middle, swing.high))
    cells = [" "] * _WIDTH
    left, right = min(low, high), max(low, high)
    cells[left : right + 1] = "-" * (right - left + 1)
    cells[middle] = "|"
    for cell, mark, end in ((low, "o", swing.low), (high, "x", swing.high)):
        value = found.value(end)
        cells[cell] = ">" if value is None or value > found.scale[1] else mark
    return "".join(cells)


def _cell(found: Tornado, outcome: Outcome) -> int:
    return round(found.part(found.value(outcome)) * (_WIDTH - 1))


def _outcome(found: Tornado, outcome: Outcome) -> str:
    value = found.value(outcome)
    if value is None:
        return "never"
    return f"{value:,.1f}" if found.unit == "months" else f"{value:,.2f}"


def _name(name: str) -> str:
    return " ".join(name.split())[:40]
