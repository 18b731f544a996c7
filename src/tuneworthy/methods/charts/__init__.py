"""Charts as hand-made SVG text: no script, no file, one function a chart.

Every colour is a CSS custom property, so one drawing serves light, dark and print. Lengths along x
are shares of the width, so text keeps its size on a phone and bars take the room that is left.
``standalone`` fixes the colours for places without the style sheet (a notebook, an image file).
"""

from tuneworthy.methods.charts.arms import arms_chart
from tuneworthy.methods.charts.delta import delta_strip
from tuneworthy.methods.charts.drift import drift_line, drift_strip
from tuneworthy.methods.charts.failures import clusters_chart, slices_chart
from tuneworthy.methods.charts.palette import standalone
from tuneworthy.methods.charts.radar import radar
from tuneworthy.methods.charts.rollout import rollout_strip
from tuneworthy.methods.charts.sparkline import sparkline
from tuneworthy.methods.charts.timeline import timeline
from tuneworthy.methods.charts.tornado import MOST_ROWS, tornado_chart

__all__ = [
    "MOST_ROWS",
    "arms_chart",
    "clusters_chart",
    "delta_strip",
    "drift_line",
    "drift_strip",
    "radar",
    "rollout_strip",
    "slices_chart",
    "sparkline",
    "standalone",
    "timeline",
    "tornado_chart",
]
