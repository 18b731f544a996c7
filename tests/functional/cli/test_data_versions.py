"""Dataset versions beside each other, taken back, and rows on their way."""

import json
from pathlib import Path
from typing import Any

import pytest

import tuneworthy


def lines_of(project: Path) -> list[str]:
    return (project / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()


def write(project: Path, lines: list[str]) -> None:
    (project / "data" / "train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def two_versions(run: Any, project: Path) -> tuple[str, str]:
    first = run("--json", "-C", str(project), "data", "build").json["id"]
    lines = lines_of(project)
    changed = json.loads(lines[4])
    changed["target"] = "something else"
    lines[4] = json.dumps(changed)
    lines[9] = "{broken"
    lines.append(json.dumps({"request": "An entirely new question about tides", "target": "tides"}))
    write(project, lines)
    return first, run("--json", "-C", str(project), "data", "build").json["id"]


def test_the_difference_of_two_versions_counts_every_row_once(run, project):
    first, second = two_versions(run, project)
    told = run("--json", "-C", str(project), "data", "diff").json
    assert (told["before"], told["after"]) == (first, second)
    by_what = {(row["place"], row["what"]) for row in told["rows"]}
    assert {
        ("data/train.jsonl:5", "changed"),
        ("data/train.jsonl:10", "removed"),
        ("data/train.jsonl:61", "added"),
    } <= by_what
    removed = next(row for row in told["rows"] if row["what"] == "removed")
    assert "not JSON" in removed["reason"]
    with tuneworthy.open(project) as workspace:
        kept = {version.id: version.rows_out for version in workspace.data_versions()}
    both = told["same"] + told["changed"] + told["moved"]
    assert both + told["removed"] == kept[first]
    assert both + told["added"] == kept[second]
    assert told["sources_changed"] == ["data/train.jsonl"]
    said = run("-C", str(project), "data", "diff", first[7:15], second[7:15])
    assert said.code == 0
    assert "1 removed" in said.out


def test_a_row_that_only_stands_on_another_line_is_the_same(run, project):
    run("--json", "-C", str(project), "data", "build")
    lines = lines_of(project)
    private = {"request": "Whom do I write to?", "target": "To jane.doe@acme-industries.com"}
    changed = {**json.loads(lines[20]), "target": "something else"}
    new = [json.dumps(private), *lines[:10], *lines[11:20], json.dumps(changed), *lines[21:]]
    write(project, new)
    run("--json", "-C", str(project), "data", "build")
    told = run("--json", "-C", str(project), "data", "diff").json
    assert (told["added"], told["removed"], told["changed"]) == (0, 1, 1)
    rows = {row["what"]: row for row in told["rows"] if row["what"] != "moved"}
    assert (rows["removed"]["place"], rows["removed"]["reason"]) == ("data/train.jsonl:11", "")
    assert rows["changed"]["place"] == "data/train.jsonl:21"
    with tuneworthy.open(project) as workspace:
        kept = [version.rows_out for version in workspace.data_versions()]
    assert told["same"] + told["moved"] + 2 == kept[0] == kept[1] + 1


def test_a_version_that_stands_beside_itself_differs_in_nothing(run, project):
    two_versions(run, project)
    told = run("--json", "-C", str(project), "data", "diff", "current", "current").json
    assert told["rows"] == []


def test_a_build_can_be_taken_back_and_the_audit_says_so(run, project):
    first, second = two_versions(run, project)
    at = ("-C", str(project))
    assert run("--json", *at, "data", "use", "previous").json["id"] == first
    told = run("--json", *at, "data", "versions").json
    assert told["current"] == first
    assert [version["id"] for version in told["versions"]] == [first, second]
    with tuneworthy.open(project) as workspace:
        last = [event["action"] for event in workspace.audit_log()]
        assert workspace.verify_audit().verified
    assert "project.dataset" in last


@pytest.mark.parametrize("back", [("use", "previous"), ("build",)])
def test_what_was_measured_over_a_version_stands_again_with_it(run, project, back):
    at = ("-C", str(project))
    (project / "prompts.yaml").write_text("nn: {arm: nearest_neighbour, k: 1}\n")
    assert run(*at, "data", "build").code == run(*at, "eval", "run").code == 0
    before = run("--json", *at, "status").json
    assert before["next_command"] != "tuneworthy eval run"
    assert run(*at, "data", "canaries", "plant", "--count", "3").code == 0
    assert run("--json", *at, "status").json["next_command"] == "tuneworthy eval run"
    assert run(*at, "data", *back).code == 0
    assert run("--json", *at, "status").json == before


def test_a_row_is_traced_through_the_versions(run, project):
    first, second = two_versions(run, project)
    at = ("-C", str(project))
    told = run("--json", *at, "data", "trace", "data/train.jsonl:10").json
    assert [step["dataset"] for step in told["reached"]] == [first]
    assert told["fates"][second]["code"] == "bad_json"
    said = run(*at, "data", "trace", "data/train.jsonl:1")
    assert said.out.count("  in ") == 2
    unknown = run("--json", *at, "data", "trace", "data/train.jsonl:999")
    assert unknown.code != 0
    assert unknown.error["code"] == "no_row"


def test_an_unknown_version_names_the_newest(run, project):
    first, _ = two_versions(run, project)
    done = run("--json", "-C", str(project), "data", "use", "ffffff")
    assert done.error["code"] == "no_version"
    assert first[7:19] in done.error["fix"]


def test_there_is_nothing_before_the_oldest_version(run, project):
    at = ("--json", "-C", str(project), "data")
    assert run(*at, "use", "previous").error["fix"] == "tuneworthy data build"
    first = run(*at, "build").json["id"]
    alone = run(*at, "use", "previous").error
    assert alone["code"] == "no_version"
    assert f"{first[7:19]}, is the only one: there is none before it" in alone["message"]
    assert alone["fix"].endswith("then: tuneworthy data build")
    grow(project)
    second = run(*at, "build").json["id"]
    assert run(*at, "use", "previous").code == 0
    done = run(*at, "use", "previous")
    assert done.code == 2
    assert f"{first[7:19]}, is the oldest" in done.error["message"]
    assert f"tuneworthy data use {second[7:19]}" in done.error["fix"]
    assert run(*at, "use", second[7:19]).code == 0


def test_the_card_says_what_is_known_and_invents_nothing(run, project, tmp_path):
    settings = project / "tuneworthy.yaml"
    stated = settings.read_text(encoding="utf-8")
    settings.write_text(
        stated.replace("legal_basis: contract", 'legal_basis: ""'), encoding="utf-8"
    )
    run("-C", str(project), "data", "build")
    done = run("-C", str(project), "data", "card", "-o", str(tmp_path / "card.md"))
    assert done.code == 0
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "| data/train.jsonl | MIT | not stated |" in text
    assert "Test rows with a twin in training: 0 exact, 0 near." in text


def grow(project: Path) -> None:
    """Rows of other things come first, and twins of rows that are there already."""
    lines = lines_of(project)
    there = [json.loads(line) for line in lines]
    twins = [{**row, "request": f"{row['request']} please"} for row in there[::6]]
    new = [
        {"request": f"Who paints {what} in {where}?", "target": what}
        for what in ("boats", "walls", "signs", "masks")
        for where in ("winter", "Lisbon", "the harbour")
    ]
    write(project, [json.dumps(row) for row in [*new, *twins]] + lines)


def split_by(project: Path, told: str) -> None:
    file = project / "tuneworthy.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    rest = [line for line in lines if not line.startswith("split:")]
    file.write_text("\n".join([*rest, f"split: {told}"]) + "\n", encoding="utf-8")


def test_rows_that_come_move_no_row_that_is_there_where_the_split_is_kept(run, project):
    def built() -> Any:
        return run("--json", "-C", str(project), "data", "build").json

    def moved(before: str, after: str) -> int:
        return int(run("--json", "-C", str(project), "data", "diff", before, after).json["moved"])

    split_by(project, "{keep: false}")
    first = built()["id"]
    grow(project)
    assert moved(first, built()["id"]) > 0
    run("-C", str(project), "data", "use", "previous")
    split_by(project, "{keep: true}")
    told = built()
    assert moved(first, told["id"]) == 0
    assert told["split"]["kept"] > 40
    assert told["split"]["leakage_exact"] == told["split"]["leakage_near"] == 0
    assert built()["id"] == told["id"]


def test_a_split_that_divides_every_row_anew_keeps_none(run, project):
    split_by(project, "{by: declared, keep: true}")
    done = run("--json", "-C", str(project), "data", "build")
    assert done.code == 2
    assert "divides every row anew" in json.dumps(done.error)
