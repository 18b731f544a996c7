"""A run's failures, and two runs' answers side by side, each as one HTML file without scripts."""

from functools import lru_cache
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from tuneworthy.core.nouns.failures import FailureAnalysis, RunDiff
from tuneworthy.methods import charts
from tuneworthy.methods.charts import words
from tuneworthy.methods.visible import visible
from tuneworthy.web.page import page_environment

_LONGEST: Final = 10_000
"""Characters of one text."""
ROWS: Final = 40
"""Of one table; the page says how many more there are."""


def render_failures(found: FailureAnalysis) -> str:
    """The analysis as a page that opens offline."""
    return _environment().get_template("failures.html.j2").render(f=found)


def render_diff(found: RunDiff) -> str:
    """The answers as a page that opens offline; what differs is struck out or underlined."""
    return _environment().get_template("diff.html.j2").render(d=found)


def _said(text: str) -> str:
    return visible(text, _LONGEST, lines=True)


def _draw(chart: str) -> Markup:
    # Safe: every chart escapes its own text.
    return Markup(chart)  # noqa: S704


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = page_environment(_said, "tokens.css", "report.css", "failures.css")
    environment.filters.update(
        percent=words.percent,
        points=words.points,
        bounds=words.bounds,
        count=words.count,
        probability=words.probability,
        draw=_draw,
    )
    environment.globals.update(charts=charts, ROWS=ROWS)
    return environment
