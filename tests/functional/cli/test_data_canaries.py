"""Canaries through the command line: planted in a build, kept by digest, found again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tuneworthy
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.methods.canaries import digest_of

Run = Callable[..., Any]


def rows_of(project: Path, run: Run, split: str = "train") -> list[dict[str, Any]]:
    out = project / "out"
    assert run("-C", str(project), "data", "export", "-o", str(out)).code == 0
    return [json.loads(line) for line in (out / f"{split}.jsonl").read_text("utf-8").splitlines()]


def test_planted_rows_are_in_training_alone_and_found_in_a_text(project: Path, run: Run) -> None:
    at = ("-C", str(project), "--json")
    plain = run(*at, "data", "build").json
    assert plain["canaries"] == []
    made = run(*at, "data", "canaries", "plant", "--count", "5").json
    assert made["dataset"] != plain["id"]
    built = run(*at, "data", "show").json
    assert built["id"] == made["dataset"]
    assert built["rows_in"] == built["rows_out"] + sum(built["dropped"].values())
    sizes, before = built["split"]["sizes"], plain["split"]["sizes"]
    assert sizes == {**before, "train": before["train"] + 5}
    assert built["profile"] == plain["profile"]
    digests = {one["digest"] for one in built["canaries"]}
    prompts = {one["prompt"] for one in built["canaries"]}
    assert len(digests) == len(prompts) == 5

    planted = [
        row["messages"][-1]["content"]
        for row in rows_of(project, run)
        if row["messages"][0]["content"] in prompts
    ]
    assert {digest_of(secret) for secret in planted} == digests
    assert not any(
        row["messages"][0]["content"] in prompts
        for split in ("validation", "test")
        for row in rows_of(project, run, split)
    )
    # Neither the ledger nor the chain holds an answer; the blobs of the training rows must.
    kept = (project / ".tuneworthy" / "tuneworthy.db").read_bytes()
    assert not any(secret.encode() in kept for secret in planted)

    answers = project / "answers.txt"
    answers.write_text(f"nothing\nIt says {planted[2]}.\nor {planted[2]}, {planted[0]}\n", "utf-8")
    found = run(*at, "data", "canaries", "find", str(answers)).json
    assert found["planted"] == 5
    assert found["found"] == {digest_of(planted[2]): [2, 3], digest_of(planted[0]): [3]}
    listed = run("-C", str(project), "data", "canaries", "list").out
    assert "The field note of station" in listed
    card = run("-C", str(project), "data", "card").out
    assert "5 of the training rows are canaries" in card


def test_the_setting_plants_the_same_at_every_build(project: Path, run: Run) -> None:
    settings = project / "tuneworthy.yaml"
    settings.write_text(settings.read_text("utf-8") + "canaries: 3\n", "utf-8")
    at = ("-C", str(project), "--json")
    first = run(*at, "data", "build").json
    assert len(first["canaries"]) == 3
    assert run(*at, "data", "build").json["id"] == first["id"]
    assert run("-C", str(project), "data", "check").code == 0
    key = project / ".tuneworthy" / "canaries.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    other = run(*at, "data", "build").json
    assert other["id"] != first["id"]
    # An answer of an earlier version is still known.
    with tuneworthy.open(project) as workspace:
        blob = workspace._runtime.blobs.get(first["records"]["train"])
        assert len(workspace._runtime.store.list(DatasetVersion)) == 2
    (project / "old.jsonl").write_bytes(blob)
    found = run(*at, "data", "canaries", "find", str(project / "old.jsonl")).json
    assert (found["planted"], len(found["found"])) == (6, 3)
    moved = run(*at, "data", "diff").json
    assert (moved["added"], moved["removed"]) == (0, 0)
    assert moved["changed"] == 3


def test_mistakes_say_what_to_type(project: Path, run: Run) -> None:
    at = ("-C", str(project), "--json")
    run(*at, "data", "build")
    none = run(*at, "data", "canaries", "list")
    assert (none.code, none.error["code"]) == (2, "no_canaries")
    none = run(*at, "data", "canaries", "find", str(project / "tuneworthy.yaml"))
    assert (none.code, none.error["code"]) == (2, "no_canaries")
    run(*at, "data", "canaries", "plant")
    gone = run(*at, "data", "canaries", "find", str(project / "gone.txt"))
    assert (gone.code, gone.error["code"]) == (2, "no_file")
    (project / ".tuneworthy" / "canaries.key").write_bytes(b"short")
    short = run(*at, "data", "canaries", "plant")
    assert (short.code, short.error["code"]) == (1, "no_canary_key")
    assert short.error["fix"]
