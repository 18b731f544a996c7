"""A small line of values in order, such as a training loss."""

import math
from collections.abc import Sequence

from tuneworthy.methods.charts.marks import chart, text

_HEIGHT = 64.0
_MOST = 160


def sparkline(values: Sequence[float], title: str) -> str:
    """The values as one line with its first, lowest and last value; long series are thinned."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return chart(title, "No values yet.", 20, text(0, 14, "no values yet", colour="mute"))
    low, high = min(finite), max(finite)
    drawn = _thin(finite)
    span, steps = (high - low) or 1.0, max(len(drawn) - 1, 1)
    corners = " ".join(
        f"{place * 100 / steps:.4g},{36 - 32 * (value - low) / span:.4g}"
        for place, value in enumerate(drawn)
    )
    # The inner picture stretches to any width; the stroke must not stretch with it.
    shape = (
        f'<svg viewBox="0 0 100 40" width="100%" height="40" preserveAspectRatio="none">'
        f'<polyline points="{corners}" fill="none" stroke="var(--acc)" stroke-width="2" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    body = shape + text(0, 58, f"first {finite[0]:.3g}", colour="mute", size=12)
    body += text("50%", 58, f"lowest {low:.3g}", colour="mute", size=12, anchor="middle")
    body += text("100%", 58, f"last {finite[-1]:.3g}", size=12, anchor="end", strong=True)
    says = f"{len(finite)} values: first {finite[0]:.3g}, lowest {low:.3g}, last {finite[-1]:.3g}"
    return chart(title, says, _HEIGHT, body)


def _thin(values: Sequence[float]) -> list[float]:
    """At most so many values: the mean of each even slice, with the last value kept."""
    if len(values) <= _MOST:
        return list(values)
    size = len(values) / _MOST
    slices = [values[int(i * size) : int((i + 1) * size)] for i in range(_MOST)]
    return [sum(part) / len(part) for part in slices[:-1]] + [values[-1]]
