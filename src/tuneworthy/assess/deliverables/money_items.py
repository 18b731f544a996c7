"""When tuning pays for itself, as items of the training plan."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import amount, blank, known, share, table, word, yes_no
from tuneworthy.core.nouns.deliverable import Cell, Item
from tuneworthy.core.nouns.money import BreakEven, Money, Outcome, Tornado
from tuneworthy.core.nouns.people import Role

_MOST_SWINGS = 5


def money_items(facts: Facts) -> Iterator[Item]:
    """Break-even, rows, scenarios, what moves it most, how sure it is; a blank without rows."""
    money = facts.money
    if money is None:
        missing = "answers.yaml has no upfront costs and no returns under 'costs:'."
        owner = facts.owner(Role.BUSINESS_OWNER)
        command = "tuneworthy assess money"
        yield blank("break-even", "Break-even", missing, owner, command, source="answers")
        return
    refs = facts.ref(facts.newest("costs.break_even", facts.project.id))
    yield known(
        "break-even",
        "Break-even",
        _months(money.months),
        lines=(money.text,),
        evidence=refs,
        source="answers",
    )
    rows = [
        (
            word(row.name),
            word(
                {"upfront": "once", "ongoing": "a month", "returns": "back, a month"}[row.section]
            ),
            word(row.working),
            *(
                Cell(value=None, text="waits for a figure")
                if row.missing
                else amount(value, money.currency)
                for value in (row.low, row.middle, row.high)
            ),
        )
        for row in money.lines
    ]
    columns = ("Row", "When", "Working", "Low", "Middle", "High")
    yield table("lines", "Rows", columns, rows, source="answers")
    yield _scenarios(money)
    yield _moves(money.tornado)
    yield known(
        "band",
        "How sure",
        share(money.band.within),
        lines=(money.band.text,),
        source="answers",
    )


def _months(months: float | None) -> Cell:
    if months is None:
        return Cell(value="never", text="never", tone="bad")
    return Cell(value=months, text=f"{months:,.2f} months")


def _scenarios(money: Money) -> Item:
    ends: tuple[tuple[str, BreakEven], ...] = (
        ("costs low, returns high", money.scenarios.low),
        ("middle", money.scenarios.middle),
        ("costs high, returns low", money.scenarios.high),
    )
    rows = [
        (
            word(name),
            *(
                amount(value, money.currency)
                for value in (end.upfront, end.ongoing, end.returns, end.net)
            ),
            _months(end.months),
            yes_no(end.justified, good=True),
        )
        for name, end in ends
    ]
    columns = ("Scenario", "Upfront", "Ongoing a month", "Back a month", "Net", "Even", "Justified")
    return table("scenarios", "Scenarios", columns, rows, source="answers")


def _moves(tornado: Tornado) -> Item:
    if not tornado.swings:
        said = "No row has a low and a high, so nothing can be said of which one matters most."
        return known("moves", "What moves it most", word(said), source="answers")
    rows = [
        (word(s.name), _end(tornado, s.low), _end(tornado, s.high))
        for s in tornado.swings[:_MOST_SWINGS]
    ]
    columns = ("Row", "With its low", "With its high")
    return table(
        "moves",
        "What moves it most, first rows",
        columns,
        rows,
        source="answers",
        tornado=tornado,
    )


def _end(tornado: Tornado, outcome: Outcome) -> Cell:
    by_months = tornado.unit == "months"
    return _months(outcome.months) if by_months else amount(outcome.net, tornado.currency)
