"""The few SVG marks that every chart is made of."""

from html import escape

from tuneworthy.methods.charts.words import clean, clip

_LONGEST = 600
"""Characters of a spoken description; the table beside a chart has the rest."""
Where = float | str
"""A length in pixels, or a share of the width such as ``"40%"``."""


def number(value: Where) -> str:
    """A length as short text."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def share(part: float, start: float = 0, end: float = 100) -> str:
    """Where ``part`` (0..1, held inside) stands between two shares of the width."""
    inside = min(max(part, 0.0), 1.0)
    return f"{start + inside * (end - start):.2f}".rstrip("0").rstrip(".") + "%"


def chart(title: str, says: str, height: float, body: str) -> str:
    """The picture: as wide as its place, with its words for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="100%" '
        f'height="{number(height)}" role="img" font-size="13">'
        f"<title>{_safe(title)}</title><desc>{_safe(clip(says, _LONGEST))}</desc>{body}</svg>"
    )


def text(
    x: Where,
    y: float,
    content: str,
    *,
    colour: str = "ink",
    anchor: str = "start",
    size: int = 13,
    strong: bool = False,
    halo: bool = False,
) -> str:
    """A line of text; with ``halo`` it keeps clear of what lies under it."""
    extra = "" if anchor == "start" else f' text-anchor="{anchor}"'
    extra += "" if size == 13 else f' font-size="{size}"'
    extra += ' font-weight="600"' if strong else ""
    extra += ' stroke="var(--card)" stroke-width="4" paint-order="stroke"' if halo else ""
    where = f'x="{number(x)}" y="{number(y)}"'
    return f'<text {where} fill="var(--{colour})"{extra}>{_safe(content)}</text>'


def line(
    x1: Where,
    y1: float,
    x2: Where,
    y2: float,
    *,
    colour: str,
    width: float = 1,
    dash: str = "",
) -> str:
    """A straight line."""
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    extra += f' stroke-width="{number(width)}"' if width != 1 else ""
    ends = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line {ends} stroke="var(--{colour})"{extra}/>'


def bar(x: Where, y: float, width: Where, height: float, *, colour: str, extra: str = "") -> str:
    """A filled rectangle with soft corners."""
    box = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect {box} rx="2" fill="var(--{colour})"{extra}/>'


def dot(x: Where, y: float, *, colour: str, hollow: bool = False, radius: float = 4.5) -> str:
    """A round mark, filled or hollow."""
    fill = "card" if hollow else colour
    return (
        f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="var(--{fill})" '
        f'stroke="var(--{colour})" stroke-width="2"/>'
    )


def interval(low: str, high: str, y: float, *, colour: str = "ink", width: float = 1.5) -> str:
    """A whisker from ``low`` to ``high`` with end caps."""
    return (
        line(low, y, high, y, colour=colour, width=width)
        + line(low, y - 4, low, y + 4, colour=colour, width=width)
        + line(high, y - 4, high, y + 4, colour=colour, width=width)
    )


def at(x: Where, y: float, body: str) -> str:
    """Marks in pixels, moved to a place that is a share of the width."""
    return (
        f'<svg x="{number(x)}" y="{number(y)}" width="1" height="1" overflow="visible">{body}</svg>'
    )


def _safe(content: str) -> str:
    return escape(clean(content), quote=False)
