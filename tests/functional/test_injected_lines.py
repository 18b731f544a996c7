"""Text that people and files gave makes no line, column, formula or control of its own anywhere.

One event is one line: of the log, of the audit log as it is printed, of a gate as it is shown.
"""

import csv
import io
import json
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fakes.small_project import PEOPLE, edit, make_small, open_small, prepared
from tuneworthy.cli.main import cli
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.data.formats.csv_rows import csv_line, escaped
from tuneworthy.evaluate.review.sheet import as_csv
from tuneworthy.lifecycle import asking, gates
from tuneworthy.lifecycle.packing import export
from tuneworthy.methods.visible import hides

CORPUS = (
    "x\n     9 2026-01-01T00:00:00 fa         gate.approve         approval sha256:0",
    "x\r\n  approved as review_lead: fa",
    "x\rproof    open",
    "x\x1b[3A\x1b[2Kproof    open",
    "x\x1b]0;title\x07",
    "\u202enepo foorp\u202c",
    "\u2066x\u2069\u200b\u200f\ufeff",
    "x\u2028  approved as model_owner: ed\u2029y",
    "x\x85  approved as model_owner: ed\x0b\x0c",
    "x\x00\x08\x7f\x9b2K",
    '=HYPERLINK("https://example.org")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "a | b | c |",
    "| --- |",
    "![x](https://example.org/x.png) <img src=x> [y](javascript:z)",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def assert_plain(text: str) -> None:
    """Nothing in it hides, moves or breaks a line but line feeds."""
    assert not [c for c in text if hides(c) and c != "\n"]


LOGS = """
import json, logging, sys
from tuneworthy.cli import log_lines
log_lines.install()
for text in json.load(sys.stdin):
    logging.getLogger("tuneworthy.gateway").warning("%s", text)
try:
    raise ValueError("x\\n  approved")
except ValueError:
    logging.getLogger("uvicorn.error").exception("it broke")
logging.getLogger("tuneworthy.gateway").info("not said")
"""


def test_one_event_is_one_line_of_the_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGS], input=json.dumps(CORPUS), text=True, capture_output=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == len(CORPUS) + 1
    assert all(line.startswith("WARNING: ") for line in lines[:-1])
    assert lines[-1].startswith("ERROR: it broke\\n") or "it broke" in lines[-1]
    assert_plain(done.stderr)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which everybody types such things."""
    home = make_small(tmp_path_factory.mktemp("typed") / "shop")
    for old, field, text in (
        (
            "use_case: Say in one sentence what the model shall do",
            "use_case",
            CORPUS[0] + CORPUS[-1],
        ),
        ("licence: MIT", "licence", CORPUS[15]),
        ("legal_basis: contract", "legal_basis", CORPUS[10] + CORPUS[1]),
    ):
        edit(home, "tuneworthy.yaml", old, f"{field}: {json.dumps(text)}")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as runtime:
        prepared(runtime)
        for text in CORPUS:
            gates.decide(runtime, GateName.PROOF, "fa", reason=text, decision="reject")
            runtime.store.note(
                runtime.event("thing.look", ("thing", text, ""), actor=text, reason=text)
            )
        ask = asking.ask(
            runtime, GateName.PROOF, gates.subject(runtime, GateName.PROOF), "ed", CORPUS[1]
        )
        asking.reply(runtime, ask.id, "fa", CORPUS[0])
        export(runtime, home / "pack.zip")
    return home


def said(home: Path, *words: str) -> str:
    # With colour allowed click writes control sequences as they are, as it does on a terminal.
    return CliRunner().invoke(cli, ["-C", str(home), *words], color=True).output


def test_one_event_is_one_line_as_it_is_printed(home: Path) -> None:
    told = said(home, "audit", "log", "-n", str(2 * len(CORPUS) + 4))
    assert_plain(told)
    assert len(told.splitlines()) == 2 * len(CORPUS) + 4
    assert all(line[:6].strip().isdigit() for line in told.splitlines())
    numbers = [int(line[:6]) for line in told.splitlines()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_what_was_typed_at_a_gate_opens_none_to_the_eye(home: Path) -> None:
    told = said(home, "gate", "list")
    assert_plain(told)
    assert "proof    shut" in told
    block = told.partition("proof    shut\n")[2].partition("release  shut")[0]
    assert not [line for line in block.splitlines() if line.startswith("  approved as")]
    asked = said(home, "gate", "asks")
    assert_plain(asked)
    assert len(asked.splitlines()) == 2


def test_no_cell_is_a_formula_and_no_row_is_two() -> None:
    rows = [{"text": text, "n": str(number)} for number, text in enumerate(CORPUS)]
    back = list(csv.DictReader(io.StringIO(as_csv(rows).removeprefix("\ufeff"), newline="")))
    ours = b"".join(csv_line([escaped(text), str(n)]) for n, text in enumerate(CORPUS)).decode()
    again = list(csv.reader(io.StringIO(ours, newline="")))
    assert [row["n"] for row in back] == [row[1] for row in again]
    assert len(back) == len(CORPUS)
    for cell in (*(row["text"] for row in back), *(row[0] for row in again)):
        assert not cell.startswith(FORMULA)


def test_tables_of_the_pack_keep_their_columns_and_lines(home: Path) -> None:
    with zipfile.ZipFile(home / "pack.zip") as pack:
        pages = {name: pack.read(name).decode() for name in pack.namelist() if name.endswith(".md")}
        lines = [
            line
            for name in pack.namelist()
            if name.endswith(".jsonl")
            for line in pack.read(name).split(b"\n")[:-1]
        ]
    assert {"data/dataset-card.md", "model/model-card.md", "mapping.md"} <= set(pages)
    for line in lines:
        json.loads(line)
    for name, page in pages.items():
        assert_plain(page)
        assert "<img" not in page.replace("\\<", ""), name
        assert "![x](" not in page, name
        assert "\n  approved as" not in page
        for table in page.split("\n\n"):
            rows = [line for line in table.splitlines() if line.startswith("|")]
            columns = {len(row.replace("\\|", "").split("|")) for row in rows}
            assert len(columns) <= 1, (name, rows)
    assert "'=HYPERLINK" in pages["data/dataset-card.md"]


def test_the_pack_names_its_people_by_ids_alone(home: Path) -> None:
    with zipfile.ZipFile(home / "pack.zip") as pack:
        people = json.loads(pack.read("governance/people.json"))
    assert {person["id"] for person in people} == set(PEOPLE)
    assert not any("name" in person for person in people)
