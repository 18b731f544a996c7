"""A document as one HTML file: no script, nothing fetched, at most 60 kB, prints well."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jinja2 import Environment
from markupsafe import Markup

from tuneworthy.core.nouns.deliverable import Cell, Document, EvidenceRef, Row, Section, Table
from tuneworthy.core.nouns.money import SHORT_ENOUGH, Tornado
from tuneworthy.methods import charts
from tuneworthy.methods.canonical import short
from tuneworthy.methods.charts.words import clip
from tuneworthy.methods.plain_text import in_cell, one_line
from tuneworthy.web.page import page_environment

MOST_BYTES: Final = 60_000
"""How big the file may grow; above it, long lists and texts are cut and the file says so."""

_SEAL_BYTES: Final = 120
"""Room for the line with the file's digest."""

_SHORT: Final = 30
"""Characters of a cell that need no room of their own."""

_SLIM_COLUMNS: Final = 4

_SHAPES: Final = {"ok": "✓", "warn": "!", "bad": "✕", "": ""}


@dataclass(frozen=True)
class Detail:
    """How much is shown; the Markdown and JSON files hold all of it."""

    rows: int
    """Of one table."""
    lines: int
    """Of further sentences of one item."""
    characters: int
    """Of one text."""
    items: int
    """Of one section."""
    only_first: bool = True
    """Only the rows of a table that matter most."""


_DETAILS: Final = (
    Detail(400, 40, 600, 400, only_first=False),
    Detail(200, 40, 600, 400),
    Detail(80, 20, 320, 120),
    Detail(40, 8, 200, 60),
    Detail(16, 4, 140, 40),
    Detail(8, 2, 90, 24),
    Detail(4, 1, 50, 12),
    Detail(1, 1, 30, 4),
)


def render_deliverable(document: Document) -> str:
    """The document as a page that opens offline."""
    html = ""
    for detail in _DETAILS:
        template = _environment(detail).get_template("deliverable.html.j2")
        html = re.sub(r"\n\s*", "\n", template.render(d=document))
        if len(html.encode()) <= MOST_BYTES - _SEAL_BYTES:
            break
    return html + "\n"


def numeric(rows: tuple[Row, ...]) -> list[bool]:
    """For each column, whether every value in it is a number."""
    columns = zip(*(row.cells for row in rows), strict=True) if rows else ()
    return [
        all(cell.value is None or _is_number(cell) for cell in column)
        and any(_is_number(cell) for cell in column)
        for column in columns
    ]


def _is_number(cell: Cell) -> bool:
    return isinstance(cell.value, int | float) and not isinstance(cell.value, bool)


def slim(table: Table) -> bool:
    """Whether a table has few and short columns, so that it need not fill the page."""
    texts = [cell.text for row in table.rows for cell in row.cells]
    return len(table.columns) <= _SLIM_COLUMNS and all(len(text) <= _SHORT for text in texts)


def is_wide(table: Table, place: int) -> bool:
    """Whether a column holds sentences, which need room."""
    return any(len(row.cells[place].text) > _SHORT for row in table.rows)


def behind(evidence: tuple[EvidenceRef, ...]) -> str:
    """The evidence that something rests on, in a few words; nothing for none."""
    if not evidence:
        return ""
    first = evidence[0]
    age = "" if first.age_days is None else f", {first.age_days:g} days old"
    more = f" and {len(evidence) - 1} more" if len(evidence) > 1 else ""
    return f"{first.grade}{age}, {short(first.id)}{more}"


def blanks_in(section: Section) -> int:
    """How many items of a section are blanks, or have one."""
    return sum(item.blank is not None for item in section.items)


@lru_cache(maxsize=len(_DETAILS))
def _environment(detail: Detail) -> Environment:
    def said(text: str) -> str:
        return clip(one_line(text), detail.characters)

    environment = page_environment(said, "tokens.css", "report.css", "deliverable.css")

    def rows_shown(table: Table) -> int:
        first = table.first if detail.only_first and table.first is not None else detail.rows
        return min(first, detail.rows)

    def draw(tornado: Tornado) -> Markup:
        most = min(detail.rows, charts.MOST_ROWS)
        # Safe: every chart escapes its own text.
        return Markup(charts.tornado_chart(tornado, limit=SHORT_ENOUGH, most=most))  # noqa: S704

    environment.filters.update(
        rows_shown=rows_shown,
        in_cell=in_cell,
        numeric=numeric,
        slim=slim,
        is_wide=is_wide,
        behind=behind,
        blanks_in=blanks_in,
        draw=draw,
    )
    environment.globals.update(MOST=detail, SHAPES=_SHAPES)
    return environment
