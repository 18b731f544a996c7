"""Where failures are: parts of the cases with intervals, and clusters by size."""

from collections.abc import Sequence

from tuneworthy.core.nouns.failures import FailureCluster, FailureSlice
from tuneworthy.methods.charts.marks import bar, chart, dot, interval, line, share, text
from tuneworthy.methods.charts.words import bounds, clip, count, percent, points

_ROW = 54.0
_HEAD = 24.0
MOST_SLICES = 16
MOST_CLUSTERS = 8
_SIGN = {
    "more failures": ("▼", "bad"),
    "within noise": ("●", "mute"),
    "fewer failures": ("▲", "ok"),
}


def slices_chart(slices: Sequence[FailureSlice], overall: float) -> str:
    """One row a part: its share of failures with the 95 % interval, and the share of all marked.

    At most 16 are drawn, those furthest from the others first; the table has all.
    """
    drawn = sorted(slices, key=lambda one: (one.p_holm, -one.share.value))[:MOST_SLICES]
    body = text(0, 12, f"│ all cases {percent(overall)}", colour="warn", size=12, strong=True)
    body += text("100%", 12, "failures (95\u00a0% interval)", colour="mute", size=12, anchor="end")
    for place, one in enumerate(drawn):
        body += _slice(_HEAD + place * _ROW, one, overall)
    says = f"All cases {percent(overall)}. " + "; ".join(
        f"{one.family} {one.name}: {percent(one.share.value)}, {bounds(one.share)}, n {one.n}, "
        f"{one.verdict}"
        for one in drawn
    )
    return chart("Share of failures in each part", says, _HEAD + len(drawn) * _ROW + 4, body)


def _slice(y: float, one: FailureSlice, overall: float) -> str:
    shape, colour = _SIGN[one.verdict]
    middle = y + 22
    marks = text(0, y + 13, clip(f"{one.family}: {one.name}", 44))
    marks += bar(0, middle - 3, "100%", 6, colour="line", extra=' fill-opacity=".55"')
    marks += bar(0, middle - 3, share(one.share.value), 6, colour="base")
    marks += line(share(overall), middle - 8, share(overall), middle + 8, colour="warn", width=2)
    marks += interval(share(one.share.low), share(one.share.high), middle)
    marks += dot(share(one.share.value), middle, colour="base")
    said = f"{shape} {one.verdict} ({points(one.difference.value)})"
    marks += text(0, middle + 17, said, size=12, colour=colour)
    value = f"{percent(one.share.value)} ({bounds(one.share)})"
    return marks + text("100%", middle + 17, value, anchor="end", size=12)


def clusters_chart(clusters: Sequence[FailureCluster]) -> str:
    """One bar a cluster, the largest first; newly broken cases stand out in it."""
    drawn = clusters[:MOST_CLUSTERS]
    largest = max((one.share for one in drawn), default=1.0) or 1.0
    body = "".join(_cluster(place * 42.0, one, largest) for place, one in enumerate(drawn))
    says = "; ".join(
        f"Cluster {one.number}: {count(one.n)} cases, {percent(one.share)} of failures, "
        f"{count(one.newly_broken)} newly broken, words {', '.join(one.words) or 'none'}"
        for one in drawn
    )
    return chart("Failures by cluster", says, len(drawn) * 42.0 + 4, body)


def _cluster(y: float, one: FailureCluster, largest: float) -> str:
    name = f"{one.number}. {', '.join(one.words) or one.kind}"
    marks = text(0, y + 13, clip(name, 46), strong=True)
    marks += bar(0, y + 20, share(one.share / largest), 12, colour="base")
    if one.newly_broken:
        part = one.share / largest * one.newly_broken / one.n
        marks += bar(0, y + 20, share(part), 12, colour="bad")
    said = f"{count(one.n)} ({percent(one.share)})"
    said += f", {count(one.newly_broken)} newly broken" if one.newly_broken else ""
    return marks + text("100%", y + 13, said, anchor="end", size=12)
