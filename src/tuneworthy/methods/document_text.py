"""A document as Markdown that reads well in a plain editor, and as JSON for programs."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tuneworthy.core.nouns.deliverable import (
    SCHEMA,
    Blank,
    Cell,
    Document,
    EvidenceRef,
    Item,
    Row,
    Section,
    Table,
)
from tuneworthy.methods.canonical import short
from tuneworthy.methods.plain_text import in_cell, json_safe, one_line

_ACTIVE = re.compile(r"([\\`*\[\]<>|~&$])")
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_AT_START = re.compile(r"^(#+(?=\s|$)|[=-]+$|--+|[+-](?=\s|$)|\d{1,9}(?=[.)](?:\s|$)))")
_WIDEST = 60
"""Columns are padded up to so many characters; longer cells stick out."""


def as_json(document: Document) -> str:
    """The document as JSON, in the shape that ``schema`` names."""
    facts = {"schema": SCHEMA, **document.model_dump(mode="json")}
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=1)
    return json_safe(text) + "\n"


def as_markdown(document: Document) -> str:
    """The document as Markdown: headings, lists and padded tables; whatever it holds stays text."""
    lines = [
        f"# {in_markdown(document.title)}: {in_markdown(document.project)}",
        "",
        in_markdown(document.use_case) or "No use case is stated.",
        "",
        f"**{in_markdown(document.summary)}**",
        "",
        *_facts(document),
    ]
    for section in document.sections:
        lines += ["", *_section(section)]
    return "\n".join(lines).rstrip() + "\n"


def _facts(document: Document) -> Iterator[str]:
    blanks = len(document.blanks)
    yield f"- As of: {in_markdown(document.as_of)}"
    yield f"- Blanks: {blanks}, each with who owes it and the command that fills it"
    for name, digest in document.subjects.model_dump().items():
        yield f"- {name.capitalize()}: {_code(digest) if digest else 'none yet'}"
    yield f"- Document: {_code(document.id)}"
    made_by = in_markdown(document.tool_version)
    yield f"- Made by Tuneworthy {made_by} from evidence; nothing is made up"
    for note in document.notes:
        yield f"- {in_markdown(note)}"


def _section(section: Section) -> Iterator[str]:
    yield f"## {in_markdown(section.title)}"
    if section.intro:
        yield ""
        yield in_markdown(section.intro)
    before = "none"
    for item in section.items:
        kind = "table" if item.table is not None else "list"
        if kind == "table" or before != "list":
            yield ""
        yield from _table_item(section, item) if item.table is not None else _item(item)
        before = kind


def _item(item: Item) -> Iterator[str]:
    if item.value is not None:
        said = _code(item.text) if item.code else in_markdown(in_cell(item.text))
        yield f"- {in_markdown(item.label)}: {said}{_behind(item.evidence)}"
    else:
        yield f"- {in_markdown(item.label)}: **blank**"
    yield from _more(item)


def _table_item(section: Section, item: Item) -> Iterator[str]:
    if item.label != section.title:
        yield f"### {in_markdown(item.label)}"
        yield ""
    assert item.table is not None  # noqa: S101 - the caller has looked
    yield from _table(item.table)
    rest = [*_more(item)]
    if item.evidence:
        rest.append(f"  - From evidence{_behind(item.evidence)}")
    if rest:
        yield ""
        yield from (line[2:] for line in rest)


def _more(item: Item) -> Iterator[str]:
    yield from (f"  - {in_markdown(line)}" for line in item.lines if line.strip())
    if item.blank is not None:
        yield from _blank(item.blank)


def _blank(blank: Blank) -> Iterator[str]:
    yield f"  - Missing: {in_markdown(blank.missing)}"
    yield f"  - Owed by: {in_markdown(blank.owner)}"
    yield f"  - To fill it: {_code(blank.command) if blank.command else 'no command does yet'}"


def _behind(evidence: Sequence[EvidenceRef]) -> str:
    """The evidence in brackets: grade, age and the first digits of its digest."""
    if not evidence:
        return ""
    first = evidence[0]
    age = "" if first.age_days is None else f", {first.age_days:g} days old"
    more = f" and {len(evidence) - 1} more" if len(evidence) > 1 else ""
    return f" ({in_markdown(first.grade)}{age}, {_code(short(first.id))}{more})"


def _table(table: Table) -> Iterator[str]:
    rows = [[_cell(cell) for cell in row.cells] for row in table.rows]
    head = [in_markdown(column) for column in table.columns]
    widths = [
        min(max(len(row[place]) for row in [head, *rows]), _WIDEST) for place in range(len(head))
    ]
    right = [_is_number(table.rows, place) for place in range(len(head))]
    yield _line(head, widths, right)
    marks = [
        "-" * max(width - side, 2) + ":" * side for width, side in zip(widths, right, strict=True)
    ]
    yield "| " + " | ".join(marks) + " |"
    yield from (_line(row, widths, right) for row in rows)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if side else cell.ljust(width)
        for cell, width, side in zip(cells, widths, right, strict=True)
    )
    return "| " + " | ".join(padded) + " |"


def _is_number(rows: Sequence[Row], place: int) -> bool:
    values: list[Any] = [row.cells[place].value for row in rows]
    figures = [isinstance(value, int | float) and not isinstance(value, bool) for value in values]
    return any(figures) and all(
        number or value is None for number, value in zip(figures, values, strict=True)
    )


def _cell(cell: Cell) -> str:
    # Parsers disagree on a pipe between backticks; behind a backslash in text they agree.
    return (
        _code(cell.text) if cell.code and "|" not in cell.text else in_markdown(in_cell(cell.text))
    )


def in_markdown(text: str) -> str:
    """Text that Markdown takes for text and nothing else."""
    said = _ACTIVE.sub(r"\\\1", one_line(text))
    said = _EDGE_UNDERSCORE.sub(r"\\_", said)
    return _AT_START.sub(_unmarked, said)


def _unmarked(match: re.Match[str]) -> str:
    # A number is marked behind its digits: a backslash before a digit is shown.
    return match[1] + "\\" if match[1].isdigit() else "\\" + match[1]


def _code(text: str) -> str:
    """Text between backticks, as many as it takes."""
    said = one_line(text)
    if not said:
        return "none"
    longest = max((len(run) for run in re.findall("`+", said)), default=0)
    fence = "`" * (longest + 1)
    space = " " if said[0] == "`" or said[-1] == "`" else ""
    return f"{fence}{space}{said}{space}{fence}"
