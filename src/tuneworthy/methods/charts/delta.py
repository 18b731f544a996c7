"""Differences between paired runs, each with its 95 % interval against zero."""

import math
from collections.abc import Sequence

from tuneworthy.core.nouns.run import Comparison
from tuneworthy.methods.charts.marks import bar, chart, dot, interval, line, share, text
from tuneworthy.methods.charts.words import bounds, clip, points

_ROW = 58.0
_SIGN = {
    "clearly better": ("▲", "ok"),
    "within noise": ("●", "mute"),
    "clearly worse": ("▼", "bad"),
    "too few cases": ("○", "warn"),
}


def delta_strip(comparisons: Sequence[Comparison]) -> str:
    """One row a comparison on one scale: right of zero is better, and the verdict in words."""
    reach = max((abs(b) for c in comparisons for b in (c.delta.low, c.delta.high)), default=0.0)
    reach = max(0.1, math.ceil(min(reach, 1.0) * 10) / 10)
    body = "".join(_row(place * _ROW, c, reach) for place, c in enumerate(comparisons))
    foot = len(comparisons) * _ROW
    body += text(0, foot + 12, f"← worse {points(-reach)}", colour="mute", size=11)
    body += text("50%", foot + 12, "0", colour="mute", size=11, anchor="middle")
    body += text(
        "100%", foot + 12, f"better {points(reach)} →", colour="mute", size=11, anchor="end"
    )
    says = "; ".join(
        f"Against {c.against_name}: {points(c.delta.value)}, 95 % interval {bounds(c.delta)}, "
        f"n {c.delta.n}, {c.verdict}"
        for c in comparisons
    )
    return chart("Change from each comparison, in percentage points", says, foot + 18, body)


def _row(y: float, comparison: Comparison, reach: float) -> str:
    shape, colour = _SIGN[comparison.verdict]
    delta, middle = comparison.delta, y + 27

    def place(value: float) -> str:
        return share((value + reach) / (2 * reach))

    marks = text(0, y + 14, f"against {clip(comparison.against_name, 28)}", strong=True)
    marks += bar(0, middle - 1, "100%", 2, colour="line")
    marks += line("50%", middle - 8, "50%", middle + 8, colour="ink", width=1.5)
    marks += interval(place(delta.low), place(delta.high), middle, colour=colour, width=2.5)
    marks += dot(place(delta.value), middle, colour=colour, hollow=colour == "mute")
    marks += text(0, middle + 18, f"{shape} {comparison.verdict}", size=12, colour=colour)
    value = f"{points(delta.value)} ({bounds(delta)})"
    return marks + text(
        "100%", middle + 18, value, anchor="end", size=12, strong=True, colour=colour
    )
