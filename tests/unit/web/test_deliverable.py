"""Documents as Markdown, page and JSON: whatever a text holds, it stays text."""

import json
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.deliverable import (
    SCHEMA,
    Blank,
    Cell,
    Document,
    EvidenceRef,
    Item,
    Row,
    Section,
    Subjects,
    Table,
)
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.document_text import as_json, as_markdown
from tuneworthy.methods.plain_text import in_cell
from tuneworthy.web.deliverable import MOST_BYTES, render_deliverable

HOSTILE = (
    "<script>alert(1)</script>",
    "</main><img src=x onerror=alert(1)>",
    "a | b || c \\| d \\",
    "# heading\n\n- list\n1. one\n```\ncode\n```",
    "---",
    "===",
    "| a | b |\n|---|---|",
    "[link](javascript:alert(1)) ![i](http://x)",
    "<!-- tuneworthy-file sha256:0 -->",
    "`tick` ``ticks``` `",
    "*bold* _under_ ~~gone~~ &lt; &#x3c; $x$",
    "\x1b[2J\x1b]0;title\x07 bell",
    "\u202eevil\u202c \u2066x\u2069 \u200b\ufeff\u2028\u2029\x85",
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3",
    "@SUM(A1)",
    "{{7*7}} {% raw %}",
    "\ud800 lone",
    "    four spaces",
    "\t\ttabs",
    "12) not a list",
    "\"quotes\" 'and'",
    "",
    "x" * 5000,
)


def document(text: str, value: object = 7, rows: int = 2) -> Document:
    """A document with ``text`` in every place that can hold one."""
    ref = EvidenceRef(
        id=digest("e"), about=text, grade=text, created_at=text, age_days=2.5, signer=text
    )
    shown = text or "-"
    blank = Blank(missing=text, owner=text, command=text)
    cells = (
        Cell(value=text, text=shown),
        Cell(value=text, text=shown, code=True, tone="bad"),
        Cell(value=0.5, text="50.0 %", tone="ok"),
    )
    items = (
        Item(id="value", label=text, value=text, text=shown, lines=(text, text), evidence=(ref,)),
        Item(id="code", label=text, value=text, text=shown, code=True),
        Item(id="blank", label=text, blank=blank),
        Item(id="both", label=text, value=3, text="3", blank=blank, tone="bad"),
        Item(
            id="table",
            label=text,
            table=Table(
                columns=(text, text, "Share"),
                rows=(Row(cells=cells, evidence=(ref,)),) * rows,
            ),
            lines=(text,),
            evidence=(ref,),
        ),
        Item(id="none", label=text, table=Table(columns=("One",), rows=())),
    )
    return Document(
        id=digest("d"),
        name="training-plan",
        title="Training plan",
        project=text,
        use_case=text,
        summary=text,
        tone="warn",
        as_of=text,
        tool_version=text,
        subjects=Subjects(
            report=digest("r"), dataset=text, suite="", model="", rubric=digest("r"), policy=""
        ),
        notes=(text,),
        sections=(Section(id="one", title="One", intro=text, items=items),),
    )


class Page(HTMLParser):
    """Elements with attributes, text, and whether all is closed."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, tuple(sorted(name for name, _ in attrs))))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def tags(html: str) -> list[str]:
    """Elements without classes, which the width of a text may change."""
    return [name for name, _ in Page(html).shape if name != "li"]


def hides(text: str) -> set[str]:
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {c for c in text if unicodedata.category(c) in kinds} - {"\n"}


ANY = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_every_format(text):
    made = document(text)
    html, markdown, plain = render_deliverable(made), as_markdown(made), as_json(made)
    page = Page(html)
    assert page.faults == []
    assert not {name for name, _ in page.shape} & {"script", "img", "iframe"}
    assert not {a for _, found in page.shape for a in found if a.startswith("on")}
    for written in (html, markdown, plain):
        assert hides(written) == set()
        written.encode()
    assert json.loads(plain) == json.loads(
        json.dumps({"schema": SCHEMA, **made.model_dump(mode="python")})
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY)
@example("<b>|`*_#-")
@example("-")
def test_no_text_changes_the_structure_of_a_page(text):
    html = render_deliverable(document(f"a{text}"))
    assert Page(html).faults == []
    assert tags(html) == tags(render_deliverable(document("word")))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY | st.sampled_from(HOSTILE[:-1]))
@example("- x")
@example("1. x")
@example("\\|")
@example("a\\")
@example("`|`")
def test_no_text_changes_the_structure_of_markdown(text):
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    said = text.strip() and as_markdown(document(text))
    if not said:
        return
    found = [token.type for token in parser.parse(said)]
    assert found == [token.type for token in parser.parse(as_markdown(document("word")))]
    inline = {
        child.type
        for token in parser.parse(said)
        for child in token.children or ()
        if child.type not in ("text", "code_inline", "strong_open", "strong_close", "text_special")
    }
    assert inline == set()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY | st.sampled_from(HOSTILE[:-1]))
def test_markdown_shows_every_visible_character(text):
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    wanted = " ".join("".join(c for c in text if not hides(c) and c != "\x00").split())
    if not wanted or hides(text) or any(unicodedata.category(c) in ("Cn", "Co") for c in text):
        return
    shown = "".join(
        child.content
        for token in parser.parse(as_markdown(document(text)))
        for child in token.children or ()
    )
    assert wanted in " ".join(shown.split())


def test_every_row_of_a_markdown_table_has_the_same_cells():
    lines = [line for line in as_markdown(document("a | b")).splitlines() if line[:1] == "|"]
    assert len(lines) == 4 + 2
    counts = {len(re.findall(r"(?<!\\)\|", line)) for line in lines[:4]}
    assert counts == {4}


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@x", "+1+cmd", " \t=1", "-1 +cmd|x"])
def test_what_a_spreadsheet_takes_for_a_formula_is_marked(text):
    assert in_cell(text).startswith("'")


@pytest.mark.parametrize("text", ["+5.0 points", "-3", "-0.5 to +2.1 points", "12 %", "a=b", ""])
def test_figures_keep_their_sign(text):
    assert in_cell(text) == text


def test_a_page_stays_small_and_says_what_it_leaves_out():
    big = document("a long story of a thing | " * 12, rows=250)
    html = render_deliverable(big)
    assert len(html.encode()) <= MOST_BYTES
    assert "more rows are in the JSON file" in Page(html).text
    assert as_json(big).count('"cells"') == 250
    long = document("a long story of a thing | " * 12)
    many = long.sections[0].model_copy(update={"items": long.sections[0].items * 12})
    html = render_deliverable(long.model_copy(update={"sections": (many,) * 8}))
    assert len(html.encode()) <= MOST_BYTES
    assert "more items are in the JSON file" in Page(html).text


def test_the_page_needs_nothing_from_elsewhere():
    html = render_deliverable(document("word"))
    assert "default-src 'none'" in html
    assert not re.search(r"url\(|@import|(src|href)=[\"'](?!#)", html)
    assert "light-dark(" in html
    assert "@media print" in html


def test_an_item_says_something():
    with pytest.raises(ValueError, match="neither a value"):
        Item(id="x", label="x")
    with pytest.raises(ValueError, match="no text"):
        Item(id="x", label="x", value=1)
    with pytest.raises(ValueError, match="more or fewer"):
        Table(columns=("a",), rows=(Row(cells=()),))
