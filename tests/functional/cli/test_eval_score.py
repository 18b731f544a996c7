"""Answers from anywhere are scored without a project, as other people's scripts call it."""

import json
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tuneworthy.core.errors import Problem
from tuneworthy.evaluate import SPECS

ROWS: list[dict[str, Any]] = [
    {"id": "1", "output": "iam", "expected": "iam", "segment": "aws", "latency_s": 0.5},
    {"id": 2, "output": "s3", "expected": "ec2", "references": ["S3", "s3"], "group": "g"},
    {"id": "3", "output": "", "expected": "ec2", "segment": "aws", "unknown": [1]},
    {"id": "4", "output": "ec2", "expected": "iam", "group": "g", "cost": 0.25},
    {"id": "5", "output": "ec2", "expected": ""},
]


def write(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_file_is_scored_and_every_answer_is_accounted_for(run: Any, tmp_path: Path) -> None:
    file, out = write(tmp_path / "a.jsonl", [*ROWS, ""]), tmp_path / "scores.jsonl"
    told = run("--json", "eval", "score", str(file), "--metric", "exact_match", "-o", str(out))
    assert told.code == 0
    assert told.json["ok"] is True
    assert told.json["n"] == 5
    assert told.json["score"]["value"] == 0.4
    assert told.json["valid_share"] == 0.6
    assert told.json["errors"] == {"empty": 1, "different": 1, "no reference": 1}
    assert told.json["figures"] == {"group_gap": 1.0}
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["score"] for row in rows] == [1, 1, 0, 0, 0]
    assert [row["segment"] for row in rows] == ["aws", "", "aws", "", ""]
    assert (rows[0]["latency_s"], rows[3]["cost"], rows[3]["group"]) == (0.5, 0.25, "g")
    assert (rows[2]["valid"], rows[2]["error"]) == (False, "empty")


def test_options_come_in_json_as_text_or_from_a_file(run: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", ROWS[:2])
    score = ["--json", "eval", "score", str(file), "--metric"]
    told = run(*score, "regex", "--option", "pattern=^i", "--option", "case=false")
    assert told.json["score"]["value"] == 0.5
    assert told.json["metric"]["options"] == {"pattern": "^i", "case": False}
    labels = '["iam", "s3", "ec2"]'
    told = run(*score, "classification", "--option", f"labels={labels}")
    assert told.json["figures"]["macro_f1"] == 1
    schema = tmp_path / "schema.json"
    schema.write_text('{"required": ["service"]}', encoding="utf-8")
    told = run(*score, "json_schema", "--option", f"schema=@{schema}")
    assert told.json["errors"] == {"no JSON object or list": 2}


def test_people_read_the_errors_and_what_to_do_next(run: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    said = run("eval", "score", str(file), "--metric", "exact_match").out
    assert "exact_match 0.400 (95 % interval 0.118 to 0.769, n = 5)" in said
    assert "Errors: empty 1; different 1; no reference 1" in said
    assert "give -o FILE" in said


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--metric", "bleuu"], "unknown_metric", "There is no metric 'bleuu'."),
        (["--metric", "regex"], "bad_metric", "the option 'pattern' is missing"),
        (["--metric", "regex", "--option", "pattern=("], "bad_metric", "RE2"),
        (["--metric", "exact_match", "--option", "a=1"], "bad_metric", "no option 'a'"),
        (["--metric", "regex", "--option", "pattern"], "usage", "NAME=VALUE"),
        (["--metric", "json_schema", "--option", "schema=@none.json"], "no_file", "none.json"),
    ],
)
def test_wrong_settings_are_told(
    run: Any, tmp_path: Path, words: list[str], code: str, told: str
) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    outcome = run("--json", "eval", "score", str(file), *words)
    assert outcome.code == 2
    assert outcome.error["code"] == code
    assert told in outcome.error["message"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "9", "output": ', "is not JSON"),
        ("[]", "is no JSON object"),
        ('{"output": "a"}', "'id': It is missing."),
        ('{"id": "9"}', "'output': It is missing."),
        ('{"id": "9", "output": 3}', "'output': It must be text."),
        ('{"id": "9", "output": "a", "references": "a"}', "'references': It must be a list."),
        ('{"id": "9", "output": "a", "references": "b"}', "'references'"),
        ('{"id": "1", "output": "a"}', "id '1' is that of line 1"),
        ("[" * 5000, "is not JSON"),
    ],
)
def test_a_line_that_cannot_be_scored_is_named(
    run: Any, tmp_path: Path, line: str, told: str
) -> None:
    file = write(tmp_path / "a.jsonl", [ROWS[0], line, "{"])
    outcome = run("--json", "eval", "score", str(file), "--metric", "exact_match")
    assert outcome.code == 1
    assert outcome.error["code"] == "bad_answers"
    assert f"a.jsonl:2: {told}" in outcome.error["message"]
    assert "a.jsonl:3: is not JSON" in outcome.error["message"]


@pytest.mark.parametrize("kind", ["none", "empty", "folder", "latin"])
def test_a_file_that_cannot_be_read_is_told(run: Any, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "a.jsonl"
    if kind == "empty":
        file.write_text("\n\n", encoding="utf-8")
    elif kind == "folder":
        file.mkdir()
    elif kind == "latin":
        file.write_bytes(b'{"id": "1", "output": "\xe9"}\n')
    outcome = run("--json", "eval", "score", str(file), "--metric", "exact_match")
    assert outcome.code == 1
    assert "a.jsonl" in outcome.error["message"]


def test_the_answers_are_never_overwritten(run: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    before = file.read_bytes()
    words = ["--json", "eval", "score", str(file), "--metric", "exact_match", "-o"]
    assert run(*words, str(file)).error["code"] == "same_file"
    assert run(*words, str(tmp_path)).error["code"] == "same_file"
    assert run(*words, str(tmp_path / "none" / "b.jsonl")).error["code"] == "cannot_write"
    assert file.read_bytes() == before


def test_every_metric_is_listed_with_what_it_cannot_see(run: Any) -> None:
    listed = run("--json", "eval", "metrics").json["metrics"]
    assert [one["name"] for one in listed] == list(SPECS)
    assert all(one["cannot_see"] and one["source"] for one in listed)
    page = run("eval", "metrics", "number_match").out
    assert "Cannot see:" in page
    assert "tolerance" in page
    assert run("eval", "metrics", "none").code == 2
    assert "schema" in run("--json", "eval", "metrics", "json_schema").json["options"]


def test_the_sdk_scores_a_file(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    scored = tuneworthy.score_file(file, "normalised_match")
    assert scored.score.value == 0.4
    with pytest.raises(Problem, match="no metric"):
        tuneworthy.score_file(file, "none")
