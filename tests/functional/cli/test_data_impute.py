"""Missing metadata filled in by the user's rules, each with a line in the ledger."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.workspace import FileOptions, fix_file

Run = Callable[..., Any]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", "utf-8")
    return path


def rows() -> list[dict[str, Any]]:
    said = [("a", "north"), ("a", "north"), ("a", ""), ("b", "south"), ("b", None), ("c", "")]
    return [
        {"request": f"Where is number {n}?", "target": "here", "product": product, "segment": name}
        for n, (product, name) in enumerate(said)
    ]


def segments(path: Path) -> list[Any]:
    return [json.loads(line).get("segment") for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("rule", "expected", "changed"),
    [
        ("constant:east", ["north", "north", "east", "south", "east", "east"], [2, 4, 5]),
        ("most_frequent", ["north", "north", "north", "south", "north", "north"], [2, 4, 5]),
        ("most_frequent:product", ["north", "north", "north", "south", "south", ""], [2, 4]),
    ],
)
def test_each_rule_fills_in_what_is_missing_and_says_so(
    tmp_path: Path, run: Run, rule: str, expected: list[str], changed: list[int]
) -> None:
    path, out = write(tmp_path / "rows.jsonl", rows()), tmp_path / "out.jsonl"
    words = ("data", "fix", str(path), "--only", "impute", "--impute", f"segment={rule}")
    done = run("--json", *words, "-o", str(out)).json
    assert (done["changed"], done["dropped"]) == (len(changed), 0)
    assert segments(out) == expected
    ledger = [json.loads(line) for line in Path(done["ledger"]).read_text("utf-8").splitlines()]
    assert [line["row"] for line in ledger] == changed
    for line in ledger:
        (edit,) = line["edits"]
        assert (line["code"], edit["path"], edit["before"]) == ("impute", "$.segment", "")
        assert edit["after"] == expected[line["row"]]
        assert "segment: the " in line["reason"]
    # Rows that lack nothing keep their bytes.
    before, after = path.read_text("utf-8").splitlines(), out.read_text("utf-8").splitlines()
    assert all(
        a == b for n, (a, b) in enumerate(zip(before, after, strict=True)) if n not in changed
    )
    shown = run(*words, "--preview").out
    assert f"{len(changed)} changed" in shown


def test_a_csv_column_under_its_own_name_is_filled_in(tmp_path: Path, run: Run) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    path.write_text("request,target,team\none?,1,x\ntwo?,2,\n", "utf-8")
    words = ("--map", "segment=team", "--only", "impute", "--impute", "segment=most_frequent")
    assert run("data", "fix", str(path), *words, "-o", str(out)).code == 0
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["team"] for row in csv.DictReader(file)] == ["x", "x"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("--only", "impute"), "no_rule"),
        (("--only", "pii", "--impute", "segment=most_frequent"), "no_rule"),
        (("--only", "impute", "--impute", "segment"), "bad_rule"),
        (("--only", "impute", "--impute", "segment=constant:"), "bad_rule"),
        (("--only", "impute", "--impute", "segment=mean"), "bad_rule"),
        (("--only", "impute", "--impute", "target=constant:x"), "not_metadata"),
        (("--only", "impute", "--impute", "request=most_frequent"), "not_metadata"),
        (("--only", "impute", "--impute", "licence=constant:MIT"), "not_metadata"),
        (("--only", "impute", "--impute", "subject=constant:x"), "not_metadata"),
        (
            ("--only", "impute", "--impute", "said=constant:x", "--map", "target=said"),
            "not_metadata",
        ),
        (("--only", "impute", "--impute", "segment=most_frequent:gone"), "missing_column"),
    ],
)
def test_what_is_learned_or_owned_is_never_filled_in(
    tmp_path: Path, run: Run, words: tuple[str, ...], name: str
) -> None:
    made = [{**row, "said": "x"} for row in rows()]
    path, out = write(tmp_path / "rows.jsonl", made), tmp_path / "out.jsonl"
    done = run("--json", "data", "fix", str(path), *words, "-o", str(out))
    assert (done.code, done.error["code"]) == (2, name)
    assert done.error["fix"]
    assert not out.exists()


_values = st.sampled_from([None, "", " ", "x", "y", 3, True])


@given(st.lists(st.tuples(_values, st.sampled_from(["p", "q", None])), min_size=1, max_size=12))
def test_no_value_that_is_there_changes_and_no_row_is_lost(
    tmp_path_factory: pytest.TempPathFactory, some: list[tuple[Any, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("impute")
    made = [
        {"request": f"Where is number {n}?", "target": "here", "kind": value, "by": by}
        for n, (value, by) in enumerate(some)
    ]
    out = folder / "out.jsonl"
    options = FileOptions(impute=("kind=most_frequent:by",), embeddings=False)
    fix, changes = fix_file(write(folder / "rows.jsonl", made), ["impute"], out, options)
    after = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert fix.rows_out == len(after) == len(made)
    named = {change.row for change in changes}
    known: dict[Any, list[Any]] = {}
    for row in made:
        if row["kind"] not in (None, "", " "):
            known.setdefault(row["by"], []).append(row["kind"])
    for at, (old, new) in enumerate(zip(made, after, strict=True)):
        if at in named:
            assert old["kind"] in (None, "", " ")
            group = known[old["by"]]
            assert group.count(new["kind"]) == max(group.count(value) for value in group)
            assert {**new, "kind": 0} == {**old, "kind": 0}
        else:
            assert new == old
            assert old["kind"] not in (None, "", " ") or old["by"] not in known
