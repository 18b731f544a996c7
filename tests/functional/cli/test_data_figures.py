"""Figures that ``data check`` gives on request: who is in a file, its tokens, its variety."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.cli.test_data_price import folder
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.checks import Setting
from tuneworthy.data.checks.whole.attributes import CHECK
from tuneworthy.data.examine import table_of
from tuneworthy.methods.intervals import wilson

Run = Callable[..., Any]
__all__ = ["folder"]


@pytest.fixture
def rows(tmp_path: Path, make_rows: Callable[..., list[dict[str, Any]]]) -> Path:
    """Three hundred rows: 225 of f, 60 of m, 15 of nobody."""
    path = tmp_path / "rows.jsonl"
    made = make_rows(300)
    for n, row in enumerate(made):
        row["gender"] = "" if n % 20 == 3 else "m" if n % 5 == 0 else "f"
        row["adult"] = n % 2 == 0
    path.write_text("\n".join(json.dumps(row) for row in made), "utf-8")
    return path


def checks(run: Run, *words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    done = run("--json", "data", "check", *words, "--no-embeddings").json
    return (
        {check["code"]: check for check in done["checks"]},
        {found["code"]: found for found in done["findings"]},
    )


def test_the_values_of_named_columns_are_counted_with_intervals(rows: Path, run: Run) -> None:
    ran, found = checks(run, str(rows), "--group", "gender", "--group", "adult")
    figure = ran["attribute_balance"]["figure"]
    share = wilson(225, 285)
    assert figure["gender:f"] == f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
    assert figure["gender: rows without a value"] == 0.05
    assert figure["adult:true"].startswith("0.500 [")
    assert "attribute_balance" not in found
    classes = ran["balance"]["figure"]
    assert classes["class:bills"].startswith("0.127 [")
    told = run("data", "check", str(rows), "--group", "gender", "--no-embeddings").out
    assert f"gender:f {figure['gender:f']}" in told
    assert "diversity          distinct_2 " in told
    skipped = checks(run, str(rows))[0]
    assert not skipped["attribute_balance"]["ran"]
    assert not skipped["tokenizer_fit"]["ran"]
    assert "vendi" not in skipped["diversity"]["figure"]


def test_declared_shares_that_do_not_hold_name_the_rows(
    tmp_path: Path, rows: Path, run: Run
) -> None:
    shares = tmp_path / "shares.yaml"
    shares.write_text("gender: {f: 0.5, m: 0.5}\nadult: {true: 1, false: 1}\n", "utf-8")
    ran, found = checks(run, str(rows), "--shares", str(shares))
    hit = found["attribute_balance"]
    assert hit["severity"] == "warning"
    genders = [json.loads(line)["gender"] for line in rows.read_text("utf-8").splitlines()]
    assert hit["rows"] == [n for n, gender in enumerate(genders) if gender == "f"]
    assert "78.9% of the rows; declared are 50.0%" in next(iter(hit["reasons"].values()))
    assert float(ran["attribute_balance"]["figure"]["gender: p of the declared shares"]) < 1e-4
    assert float(ran["attribute_balance"]["figure"]["adult: p of the declared shares"]) == 1
    shares.write_text("gender: {f: 79, m: 21}\n", "utf-8")
    assert "attribute_balance" not in checks(run, str(rows), "--shares", str(shares))[1]


def test_tokens_are_counted_by_the_named_tokenizer(rows: Path, folder: Path, run: Run) -> None:
    ran, found = checks(run, str(rows), "--tokenizer", str(folder), "--max-tokens", "8")
    figure = ran["tokenizer_fit"]["figure"]
    assert figure["tokenizer"] == "model"
    assert figure["unknown_share"] > 0.9
    assert figure["over_length_share"] == round(299 / 300, 6)  # the first row has no word of x
    assert len(found["tokenizer_fit"]["rows"]) == 300


def test_variety_of_meaning_is_measured_where_it_is_asked_for(rows: Path, run: Run) -> None:
    done = run("--json", "data", "check", str(rows), "--vendi", "--no-embeddings").json
    (figure,) = [one["figure"] for one in done["checks"] if one["code"] == "diversity"]
    assert figure["vendi"] == "the sentence model is not installed"


def test_mistakes_say_what_to_type(tmp_path: Path, rows: Path, run: Run) -> None:
    bad = tmp_path / "bad.yaml"
    for text in ("gender: {f: much}", "gender: 3", "gender: {f: 0, m: 0}", "gender: {f: -1, m: 2}"):
        bad.write_text(text + "\n", "utf-8")
        done = run("--json", "data", "check", str(rows), "--shares", str(bad))
        assert (done.code, done.error["code"]) == (2, "bad_share")
    gone = run("--json", "data", "check", str(rows), "--group", "sex")
    assert (gone.code, gone.error["code"]) == (2, "missing_column")
    assert "gender" in gone.error["why"]


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=60), st.data())
def test_only_rows_of_a_value_that_is_too_often_are_named(
    values: list[str], data: st.DataObject
) -> None:
    weights = st.integers(0, 5)
    declared = {v: float(data.draw(weights)) for v in ("a", "b")} | {"c": 1.0}
    table = table_of(
        Example(
            id=f"r{n}",
            messages=(Message(role="user", content="q"), Message(role="assistant", content="a")),
            provenance=Provenance(source="s", row=n),
        )
        for n in range(len(values))
    )
    setting = Setting(attributes={"x": values}, declared={"x": declared})
    outcome = CHECK.find(table, setting)
    said = [value for value in values if value]
    for at in outcome.rows.tolist():
        share = said.count(values[at]) / len(said)
        assert share > declared[values[at]] / sum(declared.values())
