"""The report as one HTML file: no script, nothing fetched, at most 60 kB, sponsors first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jinja2 import Environment
from markupsafe import Markup, escape

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.decision import Decision, Verdict
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.money import SHORT_ENOUGH
from tuneworthy.core.nouns.report import Report, ReportArm
from tuneworthy.core.nouns.run import Comparison
from tuneworthy.core.nouns.scorecard import DimensionScore, Gap
from tuneworthy.methods import charts
from tuneworthy.methods.canonical import short
from tuneworthy.methods.charts import words
from tuneworthy.web.page import page_environment

VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.INCONSISTENT_ANSWERS: "Answers contradict each other",
    Verdict.STOP_DATA_FLOOR: "Stop: too little data",
    Verdict.KEEP_OPTIMISING_PROMPTS: "Keep improving prompts",
    Verdict.TRY_ALTERNATIVES: "Use the alternatives",
    Verdict.ADDRESS_ANTI_INDICATORS: "Clear the blockers first",
    Verdict.PILOT: "Run a bounded pilot",
    Verdict.PROCEED: "Proceed",
}

BLANKS: Final[dict[str, tuple[str, str]]] = {
    "verdict": ("No verdict yet. The questions have not been answered.", "tuneworthy assess"),
    "scorecard": ("No area has been scored yet.", "tuneworthy assess"),
    "dataset": ("No dataset has been frozen yet.", "tuneworthy data build"),
    "arms": ("No way of answering has been run yet.", "tuneworthy eval run"),
    "tuned": ("No tuned model has been judged yet.", "tuneworthy eval run --tuned"),
    "comparisons": ("Nothing has been compared yet.", "tuneworthy eval run --tuned"),
    "cost": ("Nothing has been estimated or trained yet.", "tuneworthy train plan"),
    "gates": ("No gate has been looked at yet.", "tuneworthy gate list"),
    "rollouts": ("The model has taken no traffic yet.", "tuneworthy serve canary"),
    "drift": ("No live requests have been checked yet.", "tuneworthy drift check"),
    "quality": ("No live answer has been compared with the release.", "tuneworthy drift answers"),
    "trace": ("No response has been traced yet.", "tuneworthy trace"),
    "timeline": ("No stage has begun.", "tuneworthy assess"),
}
"""What a missing part says: why it is empty, and what fills it."""

MOST_BYTES: Final = 60_000
"""How big the file may grow; above it, the report shows less of each list and text."""

_SHAPES: Final = {"ok": "✓", "warn": "!", "bad": "✕", "": "○"}
_GATE_ORDER: Final = {gate.value: place for place, gate in enumerate(GateName)}


@dataclass(frozen=True)
class Detail:
    """How much the report shows; it always says how much more there is."""

    items: int
    """Of one list."""
    characters: int
    """Of one free text."""
    projects: int
    """With a section of their own, after the first."""


_DETAILS: Final = (Detail(12, 240, 4), Detail(8, 160, 3), Detail(4, 100, 2), Detail(2, 60, 1))


@dataclass(frozen=True)
class CostRow:
    """One figure as estimated before and as measured after."""

    name: str
    estimate: str
    actual: str
    ratio: str


@dataclass(frozen=True)
class View:
    """One project's report with what the page needs beside the stored facts."""

    report: Report
    best: ReportArm | None
    ranked: tuple[ReportArm, ...]
    """Every way of answering with the tuned one, best first."""
    against_best: Comparison | None
    gaps: tuple[Gap, ...]
    costs: tuple[CostRow, ...]
    has_radar: bool


def render_report(reports: Sequence[Report]) -> str:
    """One HTML file: the first project in full, each further one as a short section.

    Raises:
        UsageProblem: There is no project to report on.
    """
    if not reports:
        raise UsageProblem(
            "report_without_project",
            "There is no project to report on.",
            fix="tuneworthy assess",
        )
    views = [_view(report) for report in reports]
    html = ""
    for detail in _DETAILS:
        html = _render(views, detail)
        if len(html.encode()) <= MOST_BYTES:
            break
    return html


def _render(views: Sequence[View], detail: Detail) -> str:
    first, *further = views
    html = (
        _environment(detail)
        .get_template("report.html.j2")
        .render(
            v=first,
            also=further[: detail.projects],
            more_projects=max(len(further) - detail.projects, 0),
        )
    )
    return re.sub(r"\n\s*", "\n", html)


def _view(report: Report) -> View:
    tuned = report.tuned
    others = [arm for arm in report.arms if tuned is None or arm.name != tuned.name]
    best = max(others, key=lambda arm: arm.score.value, default=None)
    ranked = sorted([*others, *([tuned] if tuned else [])], key=lambda arm: -arm.score.value)
    named = [c for c in report.comparisons if best and c.against_name == best.name]
    return View(
        report=report,
        best=best,
        ranked=tuple(ranked),
        against_best=named[0] if named else None,
        gaps=tuple(sorted(report.scorecard.gaps, key=_gap_order)),
        costs=_costs(report),
        has_radar=len(report.scorecard.dimensions) == 6,
    )


def _gap_order(gap: Gap) -> tuple[bool, int, int]:
    return (
        not gap.reachable,
        _GATE_ORDER.get(gap.gate.lower(), len(_GATE_ORDER)),
        gap.level - gap.target,
    )


def _costs(report: Report) -> tuple[CostRow, ...]:
    before, after = report.estimate, report.actual
    if before is None and after is None:
        return ()
    figures = (
        ("CPU time", "cpu_seconds", words.seconds),
        ("Time on the clock", "wall_seconds", words.seconds),
        ("Peak memory", "peak_memory_mb", words.megabytes),
        ("Tokens", "tokens", words.count),
        ("Steps", "steps", words.count),
        ("Work, in 10¹² FLOP", "flop", lambda value: f"{value / 1e12:,.3g}"),
    )
    rows = []
    for name, field, write in figures:
        planned = getattr(before, field) if before else None
        real = getattr(after, field) if after else None
        ratio = words.percent(real / planned) if planned and real is not None else words.UNKNOWN
        rows.append(
            CostRow(
                name,
                words.UNKNOWN if planned is None else write(planned),
                words.UNKNOWN if real is None else write(real),
                ratio,
            )
        )
    return tuple(rows)


def against_target(arm: ReportArm, target: float) -> tuple[str, str]:
    """Whether a score meets the target, in words and as a tone; near misses are named as noise."""
    score = arm.score
    if score.low >= target:
        return "target met", "ok"
    if score.value >= target:
        return "target met, within noise", "warn"
    if score.high >= target:
        return "target missed, within noise", "warn"
    return "target missed", "bad"


def held(dimension: DimensionScore) -> str:
    """How many of an area's conditions hold now: ``7 of 9``."""
    return f"{sum(p.held for p in dimension.predicates)} of {len(dimension.predicates)}"


def verdict_name(decision: Decision) -> str:
    """The verdict in plain words."""
    return VERDICTS[decision.verdict]


def whole(text: str) -> Markup:
    """A text that no page may shorten, like the verdict: escaped here, up to 400 characters."""
    return escape(words.clip(words.clean(text), 400))


def _draw(chart: str) -> Markup:
    # Safe: every chart escapes its own text.
    return Markup(chart)  # noqa: S704


@lru_cache(maxsize=len(_DETAILS))
def _environment(detail: Detail) -> Environment:
    def said(text: str) -> str:
        return words.clip(words.clean(text), detail.characters)

    environment = page_environment(said, "tokens.css", "report.css")
    environment.filters.update(
        percent=words.percent,
        whole=whole,
        points=words.points,
        bounds=words.bounds,
        count=words.count,
        seconds=words.seconds,
        megabytes=words.megabytes,
        probability=words.probability,
        day=words.day,
        words=words.words,
        short=short,
        held=held,
        verdict_name=verdict_name,
        draw=_draw,
    )
    environment.globals.update(
        charts=charts,
        against_target=against_target,
        BLANKS=BLANKS,
        MOST=detail.items,
        SHAPES=_SHAPES,
        SHORT_ENOUGH=SHORT_ENOUGH,
        ROWS=min(detail.items, charts.MOST_ROWS),
    )
    return environment
