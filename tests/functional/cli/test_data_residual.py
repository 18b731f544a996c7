"""The review of a sample for personal data: drawn, filled in, taken back, recorded."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuneworthy
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.residual_sheet import read_sheet, review_of, sample_of, write_sheet
from tuneworthy.methods.residual import review_size, upper_bound

Run = Callable[..., Any]


def filled(sheet: Path, private: set[int] = frozenset(), say: str = "no") -> list[dict[str, str]]:  # type: ignore[assignment]
    """The sheet as a person leaves it: sorted otherwise, their words in their own case."""
    with sheet.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    for at, line in enumerate(lines):
        line["private"] = "Yes " if at in private else say
    put(sheet, lines[::-1])
    return lines


def put(sheet: Path, lines: list[dict[str, str]]) -> None:
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def test_a_file_needs_no_project(tmp_path: Path, run: Run, make_rows: Callable[..., Any]) -> None:
    path, sheet = tmp_path / "rows.jsonl", tmp_path / "sheet.csv"
    rows = make_rows(200)
    rows[5]["request"] = "=cmd()|' /C calc'!A0"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    drawn = run("--json", "data", "residual", "draw", str(path), "-o", str(sheet)).json
    assert drawn["population"] == 200
    assert drawn["size"] == review_size(0.01, 200) == 126  # C(197, 126) over C(200, 126) is 0.0494
    assert drawn["clean_bound"] <= 0.01
    open_ = run("--json", "data", "residual", "record", str(sheet))
    assert (open_.code, open_.error["code"]) == (4, "not_answered")
    lines = filled(sheet, {3, 50})
    assert not [line for line in lines if line["text"].startswith("=")]
    judged = run("--json", "data", "residual", "record", str(sheet)).json
    assert (judged["found"], judged["reviewed"]) == (2, 126)
    assert judged["upper"] == pytest.approx(upper_bound(2, 126, 200))
    assert judged["places"] == [lines[3]["place"], lines[50]["place"]]
    assert judged["recorded"] is False


def test_a_version_gets_signed_evidence(project: Path, run: Run) -> None:
    at = ("-C", str(project), "--json")
    sheet = project / "sheet.csv"
    built = run(*at, "data", "build").json
    run(*at, "people", "add", "bo", "Bo", "--role", "compliance_reviewer")
    draw = ("data", "residual", "draw", "--rows", "20", "-o", str(sheet))
    drawn = run(*at, *draw).json
    assert (drawn["of"], drawn["population"]) == (built["id"], built["rows_out"])
    filled(sheet)
    said = run(*at, "data", "residual", "record", str(sheet), "--by", "bo").json
    assert (said["found"], said["person"], said["draws"]) == (0, "bo", 1)
    assert said["upper"] == pytest.approx(upper_bound(0, 20, built["rows_out"]))
    with tuneworthy.open(project) as workspace:
        (claim,) = [e for e in workspace.evidence() if e.about == "data.residual"]
    assert (claim.grade, claim.signer, claim.subjects) == ("attested", "bo", (built["id"],))
    assert claim.result["upper"] == said["upper"]
    # Another sample is drawn: the record says that there were two.
    run(*at, *draw, "--seed", "8")
    filled(sheet, {0})
    again = run("-C", str(project), "data", "residual", "record", str(sheet), "--by", "bo").out
    assert "1 of 20 rows hold personal data" in again
    assert "2 samples were drawn" in again


def test_a_sheet_that_was_tampered_with_is_refused(project: Path, run: Run) -> None:
    at = ("-C", str(project), "--json")
    sheet = project / "sheet.csv"
    run(*at, "data", "build")
    run(*at, "people", "add", "bo", "Bo", "--role", "compliance_reviewer")
    run(*at, "data", "residual", "draw", "--rows", "20", "-o", str(sheet))
    lines = filled(sheet)

    def refused(changed: list[dict[str, str]]) -> tuple[int, str]:
        put(sheet, changed)
        done = run(*at, "data", "residual", "record", str(sheet), "--by", "bo")
        assert done.error["fix"]
        return done.code, done.error["code"]

    other = [dict(line, row=str((int(line["row"]) + 1) % 60)) for line in lines]
    assert refused(other) == (3, "sample_changed")
    assert refused([*lines, lines[0]]) == (3, "sample_changed")
    assert refused([dict(line, seed="8") for line in lines]) == (3, "sample_changed")
    # Without the line that ranks last the rest is the sample of a smaller size; nobody drew it.
    smaller = [refused([line for line in lines if line is not gone])[1] for gone in lines]
    assert set(smaller) == {"sample_changed", "not_drawn"}
    assert refused([dict(line, population="x") for line in lines]) == (2, "no_sheet")
    for name, said in (("text", "user: harmless"), ("place", "data/train.jsonl:1"), ("text", "")):
        assert refused([*lines[:-1], {**lines[-1], name: said}]) == (3, "sample_changed")
    first, second = ({**a, "row": b["row"]} for a, b in (lines[:2], lines[1::-1]))
    assert refused([first, second, *lines[2:]]) == (3, "sample_changed")
    saved = [{**line, "text": f"'{line['text']}".replace("\n", "\r\n")} for line in lines]
    put(sheet, saved)
    assert run(*at, "data", "residual", "record", str(sheet), "--by", "bo").code == 0
    assert refused([{"a": "1"}]) == (2, "no_sheet")
    put(sheet, lines)
    wrong = run(*at, "data", "residual", "record", str(sheet), "--by", "nobody")
    assert (wrong.code, wrong.error["code"]) == (2, "no_person")
    gone = run(*at, "data", "residual", "record", str(project / "none.csv"))
    assert (gone.code, gone.error["code"]) == (2, "no_sheet")


@given(
    texts=st.lists(st.text(max_size=20), min_size=1, max_size=12),
    seed=st.integers(-3, 99),
    data=st.data(),
)
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], seed: int, data: st.DataObject
) -> None:
    sheet = tmp_path_factory.mktemp("sheet") / "sheet.csv"
    examples = [
        Example(
            id=str(row),
            messages=(Message(role="user", content=text), Message(role="assistant", content="a")),
            provenance=Provenance(source="=odd\r\n,name", row=row),
        )
        for row, text in enumerate(texts)
    ]
    size = data.draw(st.integers(1, len(texts)))
    sample = sample_of("sha256:0", len(texts), size, seed)
    write_sheet(sheet, sample, examples)
    private = data.draw(st.sets(st.integers(0, size - 1)))
    filled(sheet, private)
    back, answers = read_sheet(sheet)
    assert back == sample
    review = review_of(back, answers)
    assert (review.found, review.reviewed) == (len(private), size)
    assert 0 <= review.found / len(texts) <= review.upper <= 1
