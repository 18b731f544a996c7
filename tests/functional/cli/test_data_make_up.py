"""Whether held-out parts are like the rest, as a build says it."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def rewrite(project: Path, rows: list[dict[str, str]], by: str) -> None:
    text = "\n".join(json.dumps(row) for row in rows) + "\n"
    (project / "data" / "train.jsonl").write_text(text, encoding="utf-8")
    settings = project / "tuneworthy.yaml"
    old = settings.read_text("utf-8")
    new = old.replace("by: duplicates", f"by: {by}")
    assert new != old or by == "duplicates"
    settings.write_text(new, "utf-8")


def made(run: Run, project: Path) -> tuple[dict[tuple[str, str], Any], list[dict[str, Any]]]:
    done = run("-C", str(project), "--json", "data", "build")
    assert done.code == 0, done.err
    built = done.json
    parts = {(one["part"], one["trait"]): one for one in built["split"]["make_up"]}
    return parts, [found for found in built["findings"] if found["code"] == "split_differs"]


def test_a_random_division_is_like_the_rest(
    project: Path, run: Run, make_rows: Callable[..., list[dict[str, str]]]
) -> None:
    rewrite(project, make_rows(300), "duplicates")
    parts, warned = made(run, project)
    assert set(parts) == {
        (part, trait) for part in ("validation", "test") for trait in ("target", "length")
    }
    assert warned == []
    card = run("-C", str(project), "data", "card").out
    assert "Are the held-out parts like the rest?" in card
    assert "| test | target |" in card


@pytest.mark.parametrize("trait", ["target", "segment", "length"])
def test_a_declared_test_split_of_another_kind_is_named(
    project: Path, run: Run, make_rows: Callable[..., list[dict[str, str]]], trait: str
) -> None:
    rows = make_rows(200)
    for n, row in enumerate(rows):
        row["split"] = "test" if n % 4 == 0 else "train"
        row["segment"] = "north" if n % 3 else "south"
        if trait == "segment" and row["split"] == "test":
            row["segment"] = "east"
        if trait == "length":
            row["request"] = row["request"].split(" x")[0] + f" {n}"
            row["request"] += " and more of it" * (row["split"] == "test")
        if trait == "target":
            row["target"] = ("locks", "bread")[n // 4 % 2] if n % 4 == 0 else row["target"]
    rewrite(project, rows, "declared")
    parts, warned = made(run, project)
    named = [found for found in warned if f"other {trait}s than the rest" in found["message"]]
    assert len(named) == 1
    assert named[0]["severity"] == "warning"
    worst = parts["test", trait]
    assert worst["p_value"] < 0.01
    assert worst["distance"] > 0.3
    assert f"{worst['distance']:.0%} of its rows" in named[0]["message"]
    out = run("-C", str(project), "data", "show").out
    assert f"The test split has other {trait}s than the rest" in out


def test_rows_that_move_together_count_once(project: Path, run: Run) -> None:
    """Forty rows of one customer with one answer are one draw, not forty."""
    words = ("boats", "birds", "bread", "tools")
    rows = [
        {
            "request": f"{words[c % 4]} {sha256(f'{c} {n}'.encode()).hexdigest()[:40]}",
            "target": words[c % 4],
            "subject": f"c{c}",
        }
        for c in range(6)
        for n in range(20)
    ]
    rewrite(project, rows, "subject")
    parts, warned = made(run, project)
    assert not [found for found in warned if "targets" in found["message"]]
    assert parts["test", "target"]["p_value"] > 0.05


def test_a_split_by_time_builds_and_rows_without_a_time_are_named(
    project: Path, run: Run, make_rows: Callable[..., list[dict[str, str]]]
) -> None:
    rows = make_rows(60)
    for day, row in enumerate(rows):
        row["timestamp"] = f"2026-01-{1 + day % 28:02}T{day // 28:02}:00"
    rewrite(project, rows, "time")
    done = run("-C", str(project), "--json", "data", "build")
    assert done.code == 0, done.err
    assert (done.json["split"]["by"], done.json["split"]["leakage_near"]) == ("time", 0)
    del rows[7]["timestamp"]
    text = "\n".join(json.dumps(row) for row in rows) + "\n"
    (project / "data" / "train.jsonl").write_text(text, encoding="utf-8")
    refused = run("-C", str(project), "--json", "data", "build")
    assert (refused.code, refused.error["code"]) == (1, "no_time")
    assert "data/train.jsonl:8" in refused.error["message"]
