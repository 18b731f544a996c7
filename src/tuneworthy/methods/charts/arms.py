"""Every way of answering, with its score, its 95 % interval and the target."""

from collections.abc import Sequence

from tuneworthy.core.nouns.report import ReportArm
from tuneworthy.methods.charts.marks import bar, chart, dot, interval, line, share, text
from tuneworthy.methods.charts.words import bounds, clip, percent

_ROW = 56.0
_HEAD = 24.0
_MOST = 10


def arms_chart(arms: Sequence[ReportArm], tuned: ReportArm | None, target: float) -> str:
    """Bars from 0 to 100 %, best first: tuned in blue, the best alternative named, target marked.

    At most ten alternatives are drawn; the table beside the chart has all.
    """
    others = [arm for arm in arms if tuned is None or arm.name != tuned.name]
    best = max(others, key=lambda arm: arm.score.value, default=None)
    drawn = sorted(others, key=lambda arm: -arm.score.value)[:_MOST]
    rows = sorted([*drawn, *([tuned] if tuned else [])], key=lambda arm: -arm.score.value)
    body = text(0, 12, f"│ target {percent(target)}", colour="warn", size=12, strong=True)
    body += text("100%", 12, "score (95\u00a0% interval)", colour="mute", size=12, anchor="end")
    for place, arm in enumerate(rows):
        note = "tuned" if arm is tuned else "best alternative" if arm is best else ""
        body += _row(_HEAD + place * _ROW, arm, note, target)
    foot = _HEAD + len(rows) * _ROW
    body += _axis(foot)
    says = f"Target {percent(target)}. " + "; ".join(
        f"{arm.name} {percent(arm.score.value)}, {bounds(arm.score)}, n {arm.score.n}"
        for arm in rows
    )
    return chart("Score of every way of answering", says, foot + 18, body)


def _row(y: float, arm: ReportArm, note: str, target: float) -> str:
    """Name, bar, then note and figures: no two texts share a line that a phone cannot hold."""
    score, middle = arm.score, y + 24
    colour = "acc" if note == "tuned" else "base"
    words = "acc" if note == "tuned" else "ink"
    marks = text(0, y + 14, clip(arm.name, 34), strong=bool(note), colour=words)
    marks += bar(0, middle - 3, "100%", 6, colour="line", extra=' fill-opacity=".55"')
    marks += bar(0, middle - 3, share(score.value), 6, colour=colour)
    marks += line(share(target), middle - 8, share(target), middle + 8, colour="warn", width=2)
    marks += interval(share(score.low), share(score.high), middle)
    marks += dot(share(score.value), middle, colour=colour)
    marks += text(0, middle + 17, note, size=12, colour=words) if note else ""
    value = f"{percent(score.value)} ({bounds(score)})"
    return marks + text("100%", middle + 17, value, anchor="end", strong=bool(note), size=12)


def _axis(y: float) -> str:
    ends = {0: "start", 100: "end"}
    return "".join(
        text(
            f"{value}%",
            y + 12,
            f"{value}\u00a0%",
            colour="mute",
            size=11,
            anchor=ends.get(value, "middle"),
        )
        for value in (0, 25, 50, 75, 100)
    )
