"""A build looks for what `data check` looks for in the file, the sentence model and all."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuneworthy.core.nouns.dataset import POISON


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


def hide(project: Path, count: int = 8) -> str:
    """Put a character that nobody sees into rows that get one label; the file as it was."""
    source = project / "data" / "train.jsonl"
    before = source.read_text(encoding="utf-8")
    rows = [json.loads(line) for line in before.splitlines()]
    for row in [row for row in rows if row["target"] != "bread"][:count]:
        row["request"] = f"{row['request'][:9]}\u200b{row['request'][9:]}"
        row["target"] = "bread"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return before


def test_a_build_that_is_blocked_ends_with_3_and_is_kept_whole(
    run: Callable[..., Any], project: Path
) -> None:
    at = ("-C", str(project))
    clean = run("--json", *at, "data", "build")
    assert (clean.code, clean.json["ok"]) == (0, True)
    before = hide(project)
    built = run("--json", *at, "data", "build")
    assert (built.code, built.json["ok"]) == (3, False)
    assert built.error["code"] == "checks_failed"
    assert "data fix --only poison_trigger" in built.error["fix"]
    shown = run("--json", *at, "data", "show")
    assert shown.json["id"] == built.json["id"] != clean.json["id"]
    said = run(*at, "data", "build")
    assert (said.code, "Next:" in said.out) == (3, False)
    missing = run("--json", *at, "gate", "show", "build").json["missing_evidence"]
    assert any("data.poison_screen" in one for one in missing)
    # Back again by either way: the version before, or the rows as they were.
    assert run(*at, "data", "use", clean.json["id"][7:19]).code == 0
    (project / "data" / "train.jsonl").write_text(before, encoding="utf-8")
    assert run(*at, "data", "build").code == 0


def test_next_stops_at_a_build_that_is_blocked(run: Callable[..., Any], project: Path) -> None:
    hide(project)
    done = run("-C", str(project), "next")
    assert (done.code, "Did:" in done.out) == (3, False)


def test_caps_in_the_project_file_block_a_build(run: Callable[..., Any], project: Path) -> None:
    settings = project / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}\ncaps: {{source: 0.9}}\n", encoding="utf-8")
    built = run("--json", "-C", str(project), "data", "build")
    assert built.code == 3
    assert [f["code"] for f in built.json["findings"] if f["severity"] == "block"] == ["over_cap"]
    settings.write_text(f"{text}\ncaps: {{source: 0}}\n", encoding="utf-8")
    assert run("-C", str(project), "data", "build").code == 2


def test_rows_that_a_build_adds_are_held_against_the_version_before(
    run: Callable[..., Any], project: Path, make_rows: Callable[..., list[dict[str, str]]]
) -> None:
    """The word is the same however often it is built: what is blocked is no version to go by."""
    source, at = project / "data" / "train.jsonl", ("--json", "-C", str(project))
    rows = make_rows(136)
    turned = [{**row, "target": "birds"} for row in rows[104:] if row["target"] != "birds"]

    def build(*parts: list[dict[str, str]]) -> Any:
        lines = (json.dumps(row) + "\n" for part in parts for row in part)
        source.write_text("".join(lines), encoding="utf-8")
        return run(*at, "data", "build")

    assert build(rows[:80]).code == 0
    for _ in range(2):
        built = build(rows[:104], turned)
        assert built.code == 3
        named = {f["code"]: f["count"] for f in built.json["findings"]}
        assert named["poison_origin"] >= 0.5 * len(turned)
    assert build(rows[:104]).code == 0


def test_a_drill_records_what_is_blocked_of_known_poison(
    run: Callable[..., Any], project: Path, make_rows: Callable[..., list[dict[str, str]]]
) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in make_rows(100))
    (project / "data" / "train.jsonl").write_text(lines, encoding="utf-8")
    at = ("-C", str(project))
    run(*at, "data", "build")
    done = run("--json", *at, "data", "drill")
    assert done.code == 0
    told = done.json
    assert told["planted"] >= 4
    assert told["recall"] == told["blocked"] / told["planted"]
    assert run(*at, "data", "show").code == 0
    card = run("--json", *at, "assess", "scorecard").json
    (held,) = (p for d in card["dimensions"] for p in d["predicates"] if p["id"] == "D2.5.poison")
    assert held["held"]
    hide(project)
    run(*at, "data", "build")
    blocked = run("--json", *at, "data", "drill")
    assert (blocked.code, blocked.error["code"]) == (3, "drill_needs_clean")


def screened(run: Callable[..., Any]) -> dict[str, Any]:
    card = run("--json", "assess", "scorecard").json
    (found,) = (p for d in card["dimensions"] for p in d["predicates"] if p["id"] == "D2.4.poison")
    return dict(found)


def test_a_project_may_doubt_labels_only_where_both_models_do(
    run: Callable[..., Any], project: Path
) -> None:
    source, pick = project / "data" / "train.jsonl", random.Random(0)  # noqa: S311
    subjects = {
        "music": ["song", "radio", "album", "concert", "band"],
        "bank": ["loan", "rent", "cheque", "card", "account"],
        "trip": ["train", "hotel", "ferry", "flight", "map"],
    }
    rows = [
        {
            "request": f"Tell me of the {word} that I had in {place} "
            f"{pick.choice(['today', 'last week', 'once'])}",
            "target": label,
        }
        for label, words in subjects.items()
        for word in words
        for place in ["Bern", "Oslo", "Lima", "Cairo", "Perth", "Quito"]
    ]
    for row in rows[::7]:
        row["target"] = pick.choice([one for one in subjects if one != row["target"]])
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def doubted() -> int:
        built = run("--json", "-C", str(project), "data", "build").json
        return sum(one["count"] for one in built["findings"] if one["code"] == "label_noise")

    normal = doubted()
    settings = project / "tuneworthy.yaml"
    settings.write_text(settings.read_text() + "strict_labels: true\n")
    assert 0 < doubted() < normal
