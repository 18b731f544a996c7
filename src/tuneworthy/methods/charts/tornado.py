"""Which row of the costs moves the break-even most: one bar a row, from its low to its high."""

from tuneworthy.core.nouns.money import Outcome, Swing, Tornado
from tuneworthy.methods.charts.marks import bar, chart, dot, line, share, text
from tuneworthy.methods.charts.words import MINUS, NO_BREAK, clip

_ROW = 58.0
_HEAD = 24.0
MOST_ROWS = 10
"""How many rows are drawn; the others move little."""


def tornado_chart(tornado: Tornado, *, limit: float | None = None, most: int = MOST_ROWS) -> str:
    """Bars on one scale, the row that moves the outcome most on top.

    Args:
        tornado: The rows with a range.
        limit: Months that are wanted, marked where months are drawn; a net of 0 always is.
        most: How many rows are drawn.
    """
    months = tornado.unit == "months"
    unit = "Months until break-even" if months else f"Net a month{_in(tornado.currency)}"
    title = f"{unit}, with each row at its low and at its high"
    if not tornado.swings:
        said = "No row has a low and a high."
        return chart(title, said, 20, text(0, 14, said, colour="mute"))
    rows = tornado.swings[:most]
    wanted = limit if months else 0.0
    body = text(0, 12, f"│ middle {_write(tornado, tornado.middle)}", size=12, strong=True)
    if wanted is not None:
        words = f"┊ under {wanted:g}{NO_BREAK}months" if months else "┊ above 0 it pays back"
        if wanted > tornado.scale[1]:
            # A mark at the end of the scale would say that the limit lies there.
            words, wanted = f"{wanted:g}{NO_BREAK}months lie beyond this scale", None
        body += text("100%", 12, words, size=12, colour="warn", anchor="end", strong=True)
    for place, swing in enumerate(rows):
        body += _row(_HEAD + place * _ROW, swing, tornado, wanted)
    foot = _HEAD + len(rows) * _ROW
    for x, anchor, value in (("0%", "start", 0), ("100%", "end", 1)):
        body += text(
            x,
            foot + 12,
            _with_unit(tornado, tornado.scale[value]),
            colour="mute",
            size=11,
            anchor=anchor,
        )
    says = f"Middle {_write(tornado, tornado.middle)}. " + "; ".join(
        f"{s.name}: {_write(tornado, s.low)} at its low, {_write(tornado, s.high)} at its high"
        for s in rows
    )
    return chart(title, says, foot + 18, body)


def _row(y: float, swing: Swing, tornado: Tornado, limit: float | None) -> str:
    """Name, bar, then both ends in words: no two texts share a line that a phone cannot hold."""
    middle = y + 25
    low, high = _place(tornado, swing.low), _place(tornado, swing.high)
    left, right = min(low, high), max(low, high)
    marks = text(0, y + 14, clip(swing.name, 34), strong=True)
    marks += bar(0, middle - 1, "100%", 2, colour="line")
    marks += bar(share(left), middle - 4, share(right - left), 8, colour="acc")
    if limit is not None:
        at = share(tornado.part(limit))
        marks += line(at, middle - 9, at, middle + 9, colour="warn", width=2, dash="3 2")
    at = share(_place(tornado, tornado.middle))
    marks += line(at, middle - 9, at, middle + 9, colour="ink", width=2)
    marks += dot(share(low), middle, colour="acc", hollow=True)
    marks += dot(share(high), middle, colour="acc")
    marks += _end(0, middle + 19, "○ low", swing.low, tornado)
    return marks + _end("100%", middle + 19, "● high", swing.high, tornado)


def _end(x: float | str, y: float, word: str, outcome: Outcome, tornado: Tornado) -> str:
    never = tornado.value(outcome) is None
    said = f"{word}: {'▶ ' if never else ''}{_write(tornado, outcome)}"
    anchor = "start" if x == 0 else "end"
    return text(x, y, said, size=12, colour="bad" if never else "ink", anchor=anchor)


def _place(tornado: Tornado, outcome: Outcome) -> float:
    return tornado.part(tornado.value(outcome))


def _write(tornado: Tornado, outcome: Outcome) -> str:
    value = tornado.value(outcome)
    if value is None:
        return "never"
    return _with_unit(tornado, value)


def _with_unit(tornado: Tornado, value: float) -> str:
    unit = f"{NO_BREAK}months" if tornado.unit == "months" else ""
    return _figure(tornado, value) + unit


def _figure(tornado: Tornado, value: float) -> str:
    if abs(value) >= 1e9:
        said = f"{value:.2g}"
    elif tornado.unit == "months":
        said = f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
    else:
        said = f"{value:,.0f}"
    return said.replace("-", MINUS)


def _in(currency: str) -> str:
    return f" in {currency}" if currency else ""
