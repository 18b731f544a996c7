"""Drift: how surprising the live requests are, against the limit."""

import math
from collections.abc import Sequence
from itertools import pairwise

from tuneworthy.core.nouns.monitoring import DriftResult
from tuneworthy.methods.charts.marks import bar, chart, dot, line, share, text
from tuneworthy.methods.charts.words import percent, probability

_DECADES = 4
"""The p-value axis runs from 1 down to 0.0001."""
_EXPECTED_NOVEL = 0.05
"""The share of reference requests beyond their own 95 % quantile."""


def drift_strip(result: DriftResult) -> str:
    """Two rows: the p-value on a log scale against its limit, and the share of novel requests."""
    colour, sign = ("bad", "▲ drift") if result.drifted else ("ok", "✓ no drift")
    body = _row(
        0,
        f"p {probability(result.p_value)}",
        f"{sign}, limit {result.alpha:g}",
        _surprise(result.p_value),
        _surprise(result.alpha),
        colour,
    )
    body += _row(
        46,
        f"novel requests {percent(result.novel_share)}",
        f"expected {percent(_EXPECTED_NOVEL)}",
        result.novel_share,
        _EXPECTED_NOVEL,
        colour,
    )
    says = (
        f"p {probability(result.p_value)}, limit {result.alpha:g}; "
        f"{percent(result.novel_share)} of {result.window} requests are novel; "
        f"{'drift' if result.drifted else 'no drift'}"
    )
    return chart("Drift of live requests", says, 92, body)


def drift_line(results: Sequence[DriftResult]) -> str:
    """One dot a window, in order; higher is more surprising, dots over the dashed limit drifted."""
    height = 120.0
    limit = _surprise(min((r.alpha for r in results), default=0.05))
    steps = max(len(results) - 1, 1)
    body = line(0, _y(limit), "100%", _y(limit), colour="warn", width=2, dash="6 4")
    body += text(0, _y(limit) - 6, "limit", colour="warn", size=11, halo=True)
    for place, (before, after) in enumerate(pairwise(results)):
        ends = (share(place / steps, 3, 97), share((place + 1) / steps, 3, 97))
        heights = (_y(_surprise(before.p_value)), _y(_surprise(after.p_value)))
        body += line(ends[0], heights[0], ends[1], heights[1], colour="base", width=2)
    for place, result in enumerate(results):
        where = share(place / steps, 3, 97)
        colour = "bad" if result.drifted else "acc"
        body += dot(where, _y(_surprise(result.p_value)), colour=colour, hollow=result.drifted)
    body += text(0, height - 4, "first window", colour="mute", size=11)
    body += text("100%", height - 4, "latest", colour="mute", size=11, anchor="end")
    says = "; ".join(
        f"window {place}: p {probability(r.p_value)}{', drift' if r.drifted else ''}"
        for place, r in enumerate(results, start=1)
    )
    return chart("Drift by window", says, height, body)


def _surprise(p: float) -> float:
    """0 at p = 1, 1 at p = 0.0001 and below."""
    return min(-math.log10(max(p, 10.0**-_DECADES)) / _DECADES, 1.0)


def _y(surprise: float) -> float:
    return 92 - 80 * min(max(surprise, 0.0), 1.0)


def _row(y: float, left: str, right: str, value: float, limit: float, colour: str) -> str:
    middle = y + 26
    marks = text(0, y + 14, left, strong=True)
    marks += text("100%", y + 14, right, anchor="end", size=12, colour=colour)
    marks += bar(0, middle - 3, "100%", 6, colour="line", extra=' fill-opacity=".55"')
    marks += bar(0, middle - 3, share(value), 6, colour=colour)
    return marks + line(share(limit), middle - 8, share(limit), middle + 8, colour="warn", width=2)
