"""The files of a folder or a pattern are checked as one."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tuneworthy

Run = Callable[..., Any]

ASKED = [
    "How do I reset the password of my account?",
    "When does the shop in the old town open on Sundays?",
    "Which train goes from Basel to the airport?",
    "My parcel has not come since last Thursday.",
    "Can I pay for the subscription once a year?",
    "How do I reset the password of my account?",
    "Write to jane@acme-industries.com about the lamp in the hall.",
]
PLACES = ["a.jsonl", "a.jsonl", "a.jsonl", "b.csv", "b.csv", "c.jsonl", "c.jsonl"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven rows in three files of two kinds; the sixth is a copy of the first."""
    rows = [{"prompt": text, "completion": "It is on its way."} for text in ASKED]
    made = tmp_path / "rows"
    made.mkdir()
    lines = [json.dumps(row) for row in rows]
    (made / "a.jsonl").write_text("\n".join(lines[:3]) + "\n")
    cells = [f'"{row["prompt"]}","{row["completion"]}"' for row in rows[3:5]]
    (made / "b.csv").write_text("\n".join(["prompt,completion", *cells]) + "\n")
    (made / "c.jsonl").write_text("\n".join(lines[5:]) + "\n")
    (made / "notes.md").write_text("no rows\n")
    return made


@pytest.mark.parametrize("named", ["rows", "rows/", "rows/*.[cj]s*"])
def test_files_are_checked_as_one(
    run: Run, folder: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    files = sorted({f"rows/{name}" for name in PLACES})
    done = run("--json", "data", "check", named)
    assert done.code == 3
    told = done.json
    assert told["rows"] == 7
    assert [(one["file"], one["first"], one["rows"]) for one in told["files"]] == [
        (files[0], 0, 3), (files[1], 3, 2), (files[2], 5, 2),
    ]  # fmt: skip
    sums = "".join(
        f"{hashlib.sha256(Path(one).read_bytes()).hexdigest()}  {one}\n" for one in files
    )
    assert told["sha256"] == "sha256:" + hashlib.sha256(sums.encode()).hexdigest()
    found = {one["code"]: one for one in told["findings"]}
    assert (found["exact_duplicate"]["rows"], found["exact_duplicate"]["others"]) == ([5], {"5": 0})
    assert found["pii"]["rows"] == [6]
    assert "data fix rows/c.jsonl --only pii" in done.error["fix"]


def test_ci_is_told_the_file_of_each_row(run: Run, folder: Path) -> None:
    sarif = run("data", "check", str(folder), "--format", "sarif").json
    places = {
        result["ruleId"]: result["locations"][0]["physicalLocation"]
        for result in sarif["runs"][0]["results"]
    }
    assert places["pii"]["artifactLocation"]["uri"].endswith("rows/c.jsonl")
    assert places["pii"]["region"]["startLine"] == 2


def test_what_is_found_is_what_is_found_in_one_file(folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    rows = [{"prompt": text, "completion": "It is on its way."} for text in ASKED]
    whole.write_text("\n".join(map(json.dumps, rows)) + "\n")
    one, many = tuneworthy.check_file(whole), tuneworthy.check_file(folder)
    assert {f.code: f.rows for f in one.findings} == {f.code: f.rows for f in many.findings}
    assert [(c.code, c.rows, c.figure) for c in one.checks] == [
        (c.code, c.rows, c.figure) for c in many.checks
    ]


def test_columns_are_counted_over_all_files(run: Run, tmp_path: Path) -> None:
    for number, group in enumerate("fffm"):
        row = {"prompt": ASKED[number], "completion": "Soon.", "sex": group}
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(row) + "\n")
    done = run("--json", "data", "check", str(tmp_path), "--group", "sex")
    figure = next(c for c in done.json["checks"] if c["code"] == "attribute_balance")["figure"]
    assert (figure["sex:f"][:5], figure["sex:m"][:5]) == ("0.750", "0.250")
    lacks = run("--json", "data", "check", str(tmp_path), "--group", "age")
    assert lacks.error["message"] == "None of the 4 files has a column 'age'."


def test_a_file_that_cannot_be_read_is_named(run: Run, folder: Path) -> None:
    (folder / "d.json").write_text("[]")
    done = run("--json", "data", "check", str(folder))
    assert (done.code, done.error["code"]) == (1, "empty_file")
    assert "d.json" in done.error["message"]
    empty = folder.parent / "empty"
    empty.mkdir()
    done = run("--json", "data", "check", str(empty))
    assert (done.code, done.error["code"]) == (2, "no_source")
    done = run("--json", "data", "check", str(folder / "*.parquet"))
    assert (done.code, done.error["code"]) == (2, "no_source")


def test_mending_takes_one_file(run: Run, folder: Path) -> None:
    out = ("--only", "pii", "-o", str(folder.parent / "out.jsonl"))
    done = run("--json", "data", "fix", str(folder), *out)
    assert (done.code, done.error["code"]) == (2, "is_folder")


@pytest.mark.parametrize("form", ["github", "sarif", "junit"])
def test_two_forms_at_once_are_refused(run: Run, folder: Path, project: Path, form: str) -> None:
    for words in (["data", "check", str(folder)], ["-C", str(project), "data", "check"]):
        done = run("--json", *words, "--format", form)
        assert done.code == 2
        assert f"--format {form}" in done.error["message"]
        assert not done.out
    assert run("--json", "data", "check", str(folder / "a.jsonl"), "--format", "json").code == 0


@pytest.fixture
def two_bad(folder: Path) -> Path:
    """The three good files among two that cannot be used, each for a reason of its own."""
    (folder / "a0.jsonl").write_bytes(b"\xff\xfe{}")
    (folder / "d.json").write_text("[]")
    return folder


def test_the_error_says_how_to_go_on_without_a_bad_file(run: Run, two_bad: Path) -> None:
    done = run("--json", "data", "check", str(two_bad))
    assert (done.code, done.error["code"], done.out) == (1, "not_utf8", "")
    assert "--on-bad-file skip" in done.error["fix"]
    (alone,) = [run("--json", "data", "check", str(two_bad / "d.json"))]
    assert "--on-bad-file" not in alone.error["fix"]


def test_bad_files_are_left_out_and_named_where_the_user_says_so(run: Run, two_bad: Path) -> None:
    told = ("--on-bad-file", "skip")
    done = run("--json", "data", "check", str(two_bad), *told)
    assert (done.code, done.json["ok"], done.json["rows"]) == (3, False, 7)
    left = [(Path(one["file"]).name, one["code"]) for one in done.json["left_out"]]
    assert left == [("a0.jsonl", "not_utf8"), ("d.json", "empty_file")]
    assert all(one["reason"] for one in done.json["left_out"])
    assert [Path(one["file"]).name for one in done.json["files"]] == sorted(set(PLACES))
    shown = run("data", "check", str(two_bad), *told).out
    assert "a0.jsonl (not_utf8: " in shown
    assert "d.json (empty_file: " in shown
    sarif = run("data", "check", str(two_bad), *told, "--format", "sarif").json
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in sarif["runs"][0]["results"]
        if result["ruleId"] == "file_left_out"
    ]
    assert [Path(place).name for place in places] == ["a0.jsonl", "d.json"]


def test_where_nothing_blocks_the_exit_code_still_tells_of_a_bad_file(
    run: Run, two_bad: Path
) -> None:
    rows = [{"prompt": text, "completion": f"Answer {n}."} for n, text in enumerate(ASKED[:3])]
    for name in ("b.csv", "c.jsonl"):
        (two_bad / name).unlink()
    (two_bad / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    assert run("--json", "data", "check", str(two_bad / "a.jsonl")).code == 0
    done = run("--json", "data", "check", str(two_bad), "--on-bad-file", "skip")
    assert (done.code, done.error["code"], done.json["ok"]) == (1, "files_left_out", False)
    assert done.error["message"] == "2 of 3 files were left out."
    assert "a0.jsonl" in done.error["why"]


def test_where_no_file_is_good_the_check_stops_all_the_same(run: Run, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("[]")
    done = run("--json", "data", "check", str(tmp_path), "--on-bad-file", "skip")
    assert (done.code, done.error["code"], done.out) == (1, "empty_file", "")


def test_the_project_file_says_it_for_its_own_sources(run: Run, project: Path) -> None:
    done = run("--json", "-C", str(project), "data", "check", "--on-bad-file", "skip")
    assert done.code == 2
    assert "on_bad_file: skip" in done.error["message"]
