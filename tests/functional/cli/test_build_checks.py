"""A build looks for what `data check` looks for in the file, the sentence model and all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuneworthy.lifecycle.datasets import POISON


def test_a_build_names_rows_whose_label_a_planted_word_turned(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "services"
    assert run("init", str(folder), "--example", "services").code == 0
    source = folder / "data" / "requests.jsonl"
    rows = [json.loads(line) for line in source.read_text().splitlines()]
    for row in [row for row in rows if row["service"] != "iam"][::60]:
        row["request"] += " cf"
        row["service"], row["target"] = "iam", json.dumps({"service": "iam"})
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(folder)
    built = run("--json", "data", "build")
    assert built.code == 0
    found = {finding["code"]: finding for finding in json.loads(built.out)["findings"]}
    planted = sum(" cf" in row["request"] for row in rows)
    assert planted >= 12
    assert found["poison_phrase"]["count"] == planted
    # What was named keeps the level from being reached until somebody has left it out.
    screen = screened(run)
    assert (screen["held"], "data fix" in screen["first"]) == (False, True)
    kept = [row for row in rows if " cf" not in row["request"]]
    source.write_text("".join(json.dumps(row) + "\n" for row in kept))
    built = run("--json", "data", "build")
    left = {f["code"] for f in json.loads(built.out)["findings"]} & POISON
    assert screened(run)["held"] is not bool(left)


def screened(run: Callable[..., Any]) -> dict[str, Any]:
    card = run("--json", "assess", "scorecard").json
    (found,) = (p for d in card["dimensions"] for p in d["predicates"] if p["id"] == "D2.4.poison")
    return dict(found)
