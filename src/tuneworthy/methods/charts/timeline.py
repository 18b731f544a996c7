"""When each stage of the life ran, and which of the four gates are open."""

from collections.abc import Sequence
from datetime import datetime

from tuneworthy.core.nouns.gate import GateState
from tuneworthy.core.nouns.report import StageTime
from tuneworthy.methods.charts.marks import at, bar, chart, line, share, text
from tuneworthy.methods.charts.words import clip, moment, seconds

_ROW = 24.0
_HEAD = 22.0
_LEFT, _RIGHT = 27.0, 60.0
"""Where bars begin and end, in shares of the width."""
_STATE = {
    "done": ("ok", "done"),
    "running": ("acc", "running"),
    "blocked": ("bad", "blocked"),
    "planned": ("mute", "planned"),
}


def timeline(stages: Sequence[StageTime], gates: Sequence[GateState]) -> str:
    """A bar a stage on one time scale; under it the gates in their order, open or shut."""
    stamps = [
        at_ for s in stages for at_ in (moment(s.started_at), moment(s.ended_at)) if at_ is not None
    ]
    first, last = (min(stamps), max(stamps)) if stamps else (None, None)
    body = _scale(first, last, _HEAD + len(stages) * _ROW)
    for place, stage in enumerate(stages):
        body += _stage(_HEAD + place * _ROW, stage, first, last)
    foot = _HEAD + len(stages) * _ROW + 8
    body += _gates(foot, gates)
    says = "; ".join(f"{s.name} {s.state}" for s in stages)
    says += ". Gates: " + "; ".join(f"{g.gate.value} {_gate_word(g)}" for g in gates)
    return chart("Stages and gates", says, foot + (44 if gates else 0), body)


def _scale(first: datetime | None, last: datetime | None, foot: float) -> str:
    if first is None or last is None:
        return ""
    near = (last - first).total_seconds() < 86_400
    names = [f"{t:%H:%M:%S}" if near else f"{t.day} {t:%b %Y}" for t in (first, last)]
    edges = ((_LEFT, names[0]), (_RIGHT, names[1] + (" UTC" if near else "")))
    return "".join(
        line(f"{x}%", _HEAD - 6, f"{x}%", foot, colour="line")
        + text(f"{x}%", 11, name, colour="mute", size=11)
        for x, name in edges
    )


def _stage(y: float, stage: StageTime, first: datetime | None, last: datetime | None) -> str:
    colour, word = _STATE[stage.state]
    begin = moment(stage.started_at)
    end = moment(stage.ended_at) or (last if begin else None)
    now = stage.state == "running"
    marks = text(0, y + 15, clip(stage.name.capitalize(), 11), strong=now)
    if begin and end and first and last:
        span = max((last - first).total_seconds(), 1e-9)
        left = (begin - first).total_seconds() / span
        wide = max((end - begin).total_seconds() / span, 0.02)
        left = min(left, 0.98)
        width = share(min(wide, 1 - left), 0, _RIGHT - _LEFT)
        colour_of_bar = "base" if colour == "mute" else colour
        marks += bar(share(left, _LEFT, _RIGHT), y + 5, width, 12, colour=colour_of_bar)
        word += f", {seconds((end - begin).total_seconds())}"
    return marks + text("100%", y + 15, word, colour=colour, size=12, anchor="end")


def _gates(y: float, gates: Sequence[GateState]) -> str:
    if not gates:
        return ""
    step = 100 / len(gates)
    marks = line(0, y - 4, "100%", y - 4, colour="line")
    for place, gate in enumerate(gates):
        colour = "ok" if gate.open else "bad" if gate.void else "mute"
        sign = "✓" if gate.open else "✕" if gate.void else "◇"
        words = text(0, 14, f"{sign} {gate.gate.value.capitalize()}", strong=True, colour=colour)
        words += text(0, 30, _gate_word(gate), size=12, colour=colour)
        marks += at(f"{place * step:.1f}%", y, words)
    return marks


def _gate_word(gate: GateState) -> str:
    return "open" if gate.open else "shut"
