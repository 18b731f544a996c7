"""Kept runs without their models: replayed, read, written."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.endpoint import Said, endpoint
from tuneworthy.workspace import Workspace


def subject(text: str) -> str:
    return text.split(" about ")[1].split()[0]


@pytest.fixture
def judged(run: Any, project: Path) -> Path:
    """A project with one finished run; its endpoint is gone since."""

    def answer(text: str, before: int) -> Said:
        if len(text) % 5 == 0:
            return Said(status=400)
        return Said(text="other" if len(text) % 3 else f" {subject(text)}\n")

    with endpoint(answer) as served:
        path = project / "tuneworthy.yaml"
        text = path.read_text(encoding="utf-8")
        text = text.replace("base_model: embedded", f"base_model: {served.url}#m")
        path.write_text(
            text + "\nprices: {prompt_per_million: 1, completion_per_million: 2}\n", "utf-8"
        )
        (project / "prompts.yaml").write_text(
            'plain: {arm: zero_shot, user: "{request}"}\n', encoding="utf-8"
        )
        assert run("-C", str(project), "data", "build").code == 0
        done = run("-C", str(project), "eval", "run")
        assert done.code == 0, done.err
        assert "not answered" in done.out
    return project


def test_a_run_is_replayed_to_the_recorded_scores(run, judged):
    done = run("--json", "-C", str(judged), "eval", "replay", "plain")
    assert done.code == 0, done.err
    assert done.json["as_recorded"] is True
    assert done.json["changed"] == []
    assert done.json["score"] == done.json["recorded"]
    assert 0 < done.json["score"]["value"] < 1
    by_digits = run("--json", "-C", str(judged), "eval", "replay", done.json["run"][7:15])
    assert by_digits.json == done.json
    assert "Every score is the recorded one" in run(
        "-C", str(judged), "eval", "replay", "plain"
    ).out  # fmt: skip


def test_another_metric_scores_the_same_answers(run, judged):
    done = run("--json", "-C", str(judged), "eval", "replay", "plain", "--metric", "json_match")
    assert done.code == 0, "another metric's scores are no fault"
    assert done.json["as_recorded"] is False
    assert done.json["score"]["value"] == 0
    changed = done.json["changed"]
    assert len(changed) == round(done.json["recorded"]["value"] * done.json["score"]["n"])
    assert "cases differ" in run(
        "-C", str(judged), "eval", "replay", "plain", "--metric", "json_match"
    ).out  # fmt: skip


def test_a_score_that_was_changed_behind_the_ledger_is_found(run, judged):
    at = ("--json", "-C", str(judged))
    cases = run(*at, "eval", "show", "plain", "--cases").json["cases"]
    # Somebody who may write everything gives every answer a right score.
    rows = [{**one["result"], "score": 1.0} for one in cases]
    with Workspace(judged) as workspace:
        runtime = workspace._runtime
        blob = runtime.blobs.put("".join(json.dumps(row) + "\n" for row in rows).encode())
        changed = workspace.alternatives()[0].model_copy(update={"results": blob})
        with runtime.change("evaluation.run", ("evaluation_run", changed.id, "")) as change:
            change.put(changed)
    done = run(*at, "eval", "replay", "plain")
    assert done.code == 3
    assert done.error["code"] == "scores_differ"


def test_raw_answers_are_shown_and_written(run, judged, tmp_path):
    at = ("-C", str(judged))
    cases = run("--json", *at, "eval", "show", "plain", "--cases").json["cases"]
    text = run(*at, "eval", "show", "plain", "--cases").out
    assert all(one["case"]["request"] in text for one in cases)
    assert "(no answer)" in text
    out = tmp_path / "run.jsonl"
    assert run(*at, "eval", "export", "plain", "-o", str(out)).code == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [one["case"]["id"] for one in cases]
    for row, one in zip(rows, cases, strict=True):
        result = one["result"]
        assert (row["score"], row["output"]) == (result["score"], result["output"])
        if result["failed"]:
            assert (row["error"], row["score"], "cost" in row) == ("refused", 0, False)
        else:
            assert row["latency_s"] > 0
            assert row["cost"] == pytest.approx(14e-6)
    assert any(row["failed"] for row in rows)
    assert any(row["score"] == 1 for row in rows)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("replay", "nobody"), "no_such_run"),
        (("show", "--cases"), "which_run"),
        (("replay", "plain", "--metric", "beauty"), "unknown_metric"),
        (("export", "plain", "-o", "/nowhere/at/all"), "cannot_write"),
    ],
)
def test_mistakes_are_told_with_what_to_type(run, judged, words, code):
    done = run("--json", "-C", str(judged), "eval", *words)
    assert done.code in (1, 2)
    assert done.error["code"] == code
    assert done.error["fix"]
