"""A mended file is read again: rows that became alike, and rows that it cannot say, are told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

ASKS = "Write to {} about my order please, and say when it comes"
PRIVATE = [
    {"prompt": ASKS.format("jane.doe@acme-industries.com"), "completion": "It was sent today."},
    {"prompt": ASKS.format("john.roe@other-firm.com"), "completion": "It was sent today."},
    {"prompt": ASKS.format("max.moe@third-firm.com"), "completion": "Nothing is known of it."},
    {"prompt": "Is the shop open on a Sunday in May?", "completion": "Yes, until noon."},
    {"prompt": "Is the shop open on a Sunday in May?", "completion": "Yes, until noon."},
]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_rows_that_the_mending_made_alike_are_told(run: Run, tmp_path: Path) -> None:
    path, out = write(tmp_path / "a.jsonl", PRIVATE), tmp_path / "b.jsonl"
    alike = {"exact_duplicate": [1], "conflict": [0, 1, 2]}
    seen = run("--json", "data", "fix", str(path), "--only", "pii", "--preview").json
    assert seen["made_alike"] == alike
    assert list(tmp_path.iterdir()) == [path]
    done = run("data", "fix", str(path), "--only", "pii", "-o", str(out))
    assert "made rows alike that were not: exact_duplicate 1 rows (first: row 1)" in done.out
    told = run("--json", "data", "fix", str(path), "--only", "pii", "-o", str(out)).json
    assert told["made_alike"] == alike
    # As the line says that is typed next, and then nothing is left of it.
    advised = next(line for line in done.out.splitlines() if "To mend that" in line)
    words = advised.partition("tuneworthy ")[2].split()
    again = run("--json", *words)
    assert (again.code, again.json["made_alike"]) == (0, {})
    checked = run("--json", "data", "check", again.json["out"]).json
    assert {found["code"] for found in checked["findings"]}.isdisjoint(alike)


def test_rows_that_were_alike_before_are_none_that_the_mending_made(
    run: Run, tmp_path: Path
) -> None:
    rows = [*PRIVATE[:1], *PRIVATE[:1], *PRIVATE[3:]]
    path = write(tmp_path / "a.jsonl", rows)
    words = ("--only", "pii", "-o", str(tmp_path / "b.jsonl"))
    assert run("--json", "data", "fix", str(path), *words).json["made_alike"] == {}


NESTED = [
    {
        "prompt": [{"role": "user", "content": "What time is it in Lima?"}],
        "completion": [{"role": "assistant", "content": "It is ten there."}],
    },
    {"prompt": [{"role": "user", "content": "And now, in Oslo?"}], "completion": "It is four."},
]


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_nested_rows_that_a_table_cannot_say_are_told(run: Run, tmp_path: Path, kind: str) -> None:
    path, out = write(tmp_path / "a.jsonl", NESTED), tmp_path / f"b.{kind}"
    done = run("data", "fix", str(path), "--only", "pii", "-o", str(out))
    assert done.code == 0
    assert "warning  2 rows are not read back as they were (first: row 0)" in done.out
    told = run("--json", "data", "fix", str(path), "--only", "pii", "-o", str(out)).json
    assert told["read_otherwise"] == [0, 1]


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "json", "jsonl"])
def test_flat_rows_and_chats_come_back_whole_from_any_kind(
    run: Run, tmp_path: Path, kind: str
) -> None:
    turns = [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here, =1+1."}]
    kinds: list[list[Any]] = [PRIVATE[3:], [{"messages": turns}]]
    for number, rows in enumerate(kinds):
        path, out = write(tmp_path / f"{number}.jsonl", rows), tmp_path / f"{number}.out.{kind}"
        done = run("--json", "data", "fix", str(path), "--only", "pii", "-o", str(out))
        assert (done.code, done.json["read_otherwise"]) == (0, [])
        assert done.json["rows_out"] == run("--json", "data", "check", str(out)).json["rows"]
