"""Readiness by area: declared outline, evidenced shape and target on six axes."""

import math
from collections.abc import Sequence

from tuneworthy.core.nouns.scorecard import DimensionScore
from tuneworthy.methods.charts.marks import at, chart, dot, line, number, text
from tuneworthy.methods.charts.words import clip

_RADIUS = 100.0
_MIDDLE = 168.0
_HEIGHT = 362.0
_TOP = 5
"""The highest level."""


def radar(dimensions: Sequence[DimensionScore]) -> str:
    """Six areas on a hexagon, each labelled with its evidenced level and its gap to the target.

    Raises:
        ValueError: There are not six areas.
    """
    if len(dimensions) != 6:
        raise ValueError(f"a radar shows six areas, not {len(dimensions)}")
    shapes = _grid() + _outline([d.declared for d in dimensions], "base", "4 4")
    shapes += _outline([d.target for d in dimensions], "warn", "6 4")
    shapes += _filled([d.evidenced for d in dimensions])
    shapes += "".join(_mark(index, d) for index, d in enumerate(dimensions))
    labels = "".join(_label(index, d) for index, d in enumerate(dimensions))
    says = "; ".join(
        f"{d.name} {d.evidenced} of 5 as evidenced, {d.declared} as declared, target {d.target}"
        for d in dimensions
    )
    body = at("50%", _MIDDLE, shapes) + labels + _legend()
    return chart("Readiness by area", says, _HEIGHT, body)


def _corner(index: int, level: float) -> tuple[float, float]:
    angle = math.radians(60 * index - 90)
    reach = _RADIUS * min(max(level, 0), _TOP) / _TOP
    return reach * math.cos(angle), reach * math.sin(angle)


def _polygon(levels: Sequence[float]) -> str:
    corners = (_corner(index, level) for index, level in enumerate(levels))
    return " ".join(f"{number(x)},{number(y)}" for x, y in corners)


def _grid() -> str:
    rings = "".join(
        f'<polygon points="{_polygon([level] * 6)}" fill="none" stroke="var(--line)"/>'
        for level in range(1, _TOP + 1)
    )
    spokes = "".join(line(0, 0, *_corner(index, _TOP), colour="line") for index in range(6))
    return rings + spokes


def _outline(levels: Sequence[int], colour: str, dash: str) -> str:
    return (
        f'<polygon points="{_polygon(levels)}" fill="none" stroke="var(--{colour})" '
        f'stroke-width="2" stroke-dasharray="{dash}"/>'
    )


def _filled(levels: Sequence[int]) -> str:
    return (
        f'<polygon points="{_polygon(levels)}" fill="var(--acc)" fill-opacity=".16" '
        'stroke="var(--acc)" stroke-width="2.5" stroke-linejoin="round"/>'
    )


def _mark(index: int, score: DimensionScore) -> str:
    x, y = _corner(index, score.evidenced)
    below = score.evidenced < score.target
    return dot(x, y, colour="bad" if below else "acc", hollow=below)


def _label(index: int, score: DimensionScore) -> str:
    """Names at the edges, so that they clear the hexagon on a phone too."""
    x, anchor = ("50%", "middle") if index % 3 == 0 else ("100%", "end")
    x, anchor = ("0%", "start") if index > 3 else (x, anchor)
    name = _two_lines(score.name)
    first = _first_line(index, len(name))
    gap = score.target - score.evidenced
    state = f"{score.evidenced} of 5 · " + (f"gap {gap}" if gap > 0 else "met")
    rows = "".join(
        text(x, first + 15 * row, part, anchor=anchor, strong=True) for row, part in enumerate(name)
    )
    colour = "bad" if gap > 0 else "ok"
    return rows + text(x, first + 15 * len(name), state, anchor=anchor, size=12, colour=colour)


def _first_line(index: int, lines: int) -> float:
    """Upper labels end above their edge of the hexagon, lower ones begin below it."""
    if index == 0:
        return _MIDDLE - _RADIUS - 12 - 15 * lines
    if index == 3:
        return _MIDDLE + _RADIUS + 22
    return _MIDDLE - 80 - 15 * lines if index in (1, 5) else _MIDDLE + 88


def _two_lines(name: str) -> list[str]:
    if len(name) <= 15 or " " not in name:
        return [clip(name, 16)]
    head, _, tail = name.partition(" & ")
    if tail:
        return [clip(head, 16), clip(f"& {tail}", 16)]
    cut = min(
        (place for place, letter in enumerate(name) if letter == " "),
        key=lambda place: abs(place - len(name) / 2),
    )
    return [clip(name[:cut], 16), clip(name[cut + 1 :], 16)]


def _legend() -> str:
    y = _HEIGHT - 8
    keys = (
        ("0%", "acc", "", "evidenced"),
        ("36%", "base", "4 4", "declared"),
        ("70%", "warn", "6 4", "target"),
    )
    return "".join(
        at(
            x,
            y,
            line(0, -4, 20, -4, colour=colour, width=2.5, dash=dash)
            + text(26, 0, word, colour="mute", size=12),
        )
        for x, colour, dash, word in keys
    )
