"""Data in from any shape, and out for other programs."""

import csv
import hashlib
import json
import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML


@pytest.fixture
def built(run, project):
    assert run("-C", str(project), "data", "build").code == 0
    return project


def test_a_file_is_looked_at_before_it_is_used(run, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"Question": "Where?", "Answer": "Here."}) + "\n")
    told = run("--json", "data", "preview", str(path)).json
    assert told["turns"] == [["user", "Where?"], ["assistant", "Here."]]
    assert "request: Question" in told["mapping"]
    assert run("--json", "data", "check", str(path)).json["rows"] == 1


def argilla_record(number: int, status: str, answer: Any, field: Any) -> dict[str, Any]:
    """A record in the very shape that ``Record.to_dict`` of Argilla 2.8.0 gives."""
    return {
        "id": f"r{number}",
        "fields": field,
        "metadata": {"segment": "north"},
        "suggestions": {"label": {"value": "spam", "score": 0.3, "agent": None}},
        "responses": {"label": [{"value": answer, "user_id": "7701ff23-7169-4ae2-af32"}]},
        "vectors": {},
        "status": status,
        "_server_id": None,
    }


def test_argilla_s_own_records_are_read_but_for_answers_that_may_be_drafts(run, tmp_path):
    chat = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi!"}]
    asks = {"chat": [*chat, {"role": "user", "content": "Do you buy gold?"}]}
    path = tmp_path / "records.json"
    records = [
        argilla_record(0, "completed", "ham", {"mail": "See you at the lake on Friday."}),
        argilla_record(1, "pending", "ham", {"mail": "A draft: nobody submitted this."}),
        argilla_record(2, "completed", ["spam", "gold"], asks),
    ]
    path.write_text(json.dumps(records))
    preview = run("--json", "data", "preview", str(path)).json
    assert (preview["format"], preview["turns"][-1]) == ("argilla", ["assistant", "ham"])
    told = run("--json", "data", "check", str(path), "--no-embeddings").json
    wrong = [one for one in told["findings"] if one["code"] == "schema_error"]
    assert [one["rows"] for one in wrong] == [[1]]
    assert "may be drafts, or discarded" in json.dumps(wrong)
    mended = tmp_path / "out.jsonl"
    out = ("--only", "schema_error", "-o", str(mended))
    assert run("data", "fix", str(path), *out).code == 0
    assert "gold?" in mended.read_text()


def test_a_version_goes_out_with_its_card(run, built, tmp_path):
    out = tmp_path / "out"
    told = run("--json", "-C", str(built), "data", "export", "-o", str(out)).json
    sizes = run("--json", "-C", str(built), "data", "show").json["split"]["sizes"]
    assert {file["split"]: file["written"] for file in told["files"]} == sizes
    kept = run("-C", str(built), "data", "card", "--croissant").out
    assert {one["name"] for one in json.loads(kept)["recordSet"]} == set(sizes)
    card = json.loads((out / "croissant.json").read_text())
    for file in card["distribution"]:
        data = (out / file["contentUrl"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
    first = json.loads((out / "train.jsonl").read_text().splitlines()[0])
    assert [turn["role"] for turn in first["messages"]] == ["user", "assistant"]
    assert (out / "README.md").read_text().startswith("# Dataset of")
    apart = ("--against", str(out / "test.jsonl"))
    assert run("data", "check", str(out / "train.jsonl"), *apart).code == 0


def loaded(field: dict[str, Any], row: dict[str, Any]) -> Any:
    """What a loader makes of a field: the column, or of its objects the value at each path."""
    if "subField" not in field:
        return row.get(field["source"]["extract"]["column"])
    parts = {}
    for part in field["subField"]:
        value = row.get(part["source"]["extract"]["column"])
        path = part["source"]["transform"]["jsonPath"].split(".")
        items = value if isinstance(value, list) else [value]
        assert field.get("repeated", False) is isinstance(value, list) or value is None
        parts[part["name"]] = [reduce(lambda at, key: (at or {}).get(key), path, i) for i in items]
    return parts


@pytest.mark.parametrize("form", ["openai_chat", "prompt_completion", "sharegpt", "alpaca", "csv"])
def test_the_card_for_machines_names_every_column_by_what_it_holds(run, project, tmp_path, form):
    source, out = project / "data" / "train.jsonl", tmp_path / "out"
    weather = {"type": "function", "function": {"name": "weather", "parameters": {}}}
    call = {"name": "weather", "arguments": {}}
    with source.open("a") as file:
        for place in ("Bern", "Oslo", "Lima", "Quito", "Perth", "Cairo", "Turin", "Minsk"):
            row = {"request": f"How warm is it in {place} now, and {place * 3}?", "target": call}
            file.write(json.dumps({**row, "tools": [weather]}) + "\n")
    at = ("-C", str(project), "data")
    assert run(*at, "build").code == run(*at, "export", "-o", str(out), "--format", form).code == 0
    card = json.loads((out / "croissant.json").read_text())
    train = next(one for one in card["recordSet"] if one["name"] == "train")
    fields = {field["name"]: field for field in train["field"]}
    name = next(one["name"] for one in card["distribution"] if one["name"].startswith("train"))
    if form == "csv":
        with (out / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = [json.loads(line) for line in (out / name).read_text().splitlines()]
    assert set(fields) == {key for row in rows for key in row}
    flat = [loaded(field, row) for field in fields.values() for row in rows]
    assert "Please look at number" in json.dumps(flat)
    assert ("tools" in fields) is (form not in ("alpaca", "csv"))
    for one in flat:
        for value in (v for part in one.values() for v in part) if isinstance(one, dict) else [one]:
            assert value is None or isinstance(value, str | bool | int | float), value


@pytest.mark.parametrize("trainer", ["trl", "axolotl", "llama_factory", "unsloth", "oumi"])
def test_a_trainer_gets_its_configuration(run, built, tmp_path, trainer):
    out = tmp_path / trainer
    told = run("--json", "-C", str(built), "data", "export", "-o", str(out), "--trainer", trainer)
    assert told.code == 0, told.err
    names = {Path(name).name for name in told.json["others"]}
    assert len(names) > 2
    card = json.loads((out / "croissant.json").read_text())
    first = json.loads((out / "train.jsonl").read_text().splitlines()[0])
    train = next(one for one in card["recordSet"] if one["name"] == "train")
    assert [one["name"] for one in train["field"]] == list(first)
    for name in names:
        if name.endswith((".yaml", ".yml")):
            assert YAML(typ="safe").load(out / name)
        elif name.endswith(".py"):
            compile((out / name).read_text(), name, "exec")


TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
CALL = json.dumps({"name": "look", "arguments": {}})


@pytest.mark.parametrize("tools", [[], TOOLS], ids=["no tools", "tools"])
@pytest.mark.parametrize(
    ("form", "more"),
    [
        ("sharegpt", {"target": CALL}),
        ("sharegpt_kto", {"completion": CALL, "label": True}),
        ("sharegpt_preference", {"chosen": CALL, "rejected": "no"}),
    ],
)
def test_llama_factory_is_told_of_the_columns_that_are_there(
    run, project, tmp_path, form, more, tools
):
    """Its reader stops with a KeyError at a column that is named and not there."""
    source = project / "data" / "train.jsonl"
    asked = [json.loads(line)["request"] for line in source.read_text().splitlines()]
    said = {"tools": tools} if tools else {}
    name = "request" if form == "sharegpt" else "prompt"
    source.write_text("".join(json.dumps({name: one, **more, **said}) + "\n" for one in asked))
    out = tmp_path / "out"
    told = ("-o", str(out), "--trainer", "llama_factory", "--format", form)
    settings, yaml = project / "tuneworthy.yaml", YAML()
    config = yaml.load(settings)
    config["sources"][0]["columns"] = {one: one for one in (name, *more, *said)}
    yaml.dump(config, settings)
    assert run("-C", str(project), "data", "build").code == 0
    done = run("-C", str(project), "data", "export", *told)
    assert done.code == 0, done.err
    for entry in json.loads((out / "dataset_info.json").read_text()).values():
        rows = [json.loads(line) for line in (out / entry["file_name"]).read_text().splitlines()]
        assert all(row.keys() == set(entry["columns"].values()) for row in rows)
        assert ("tools" in entry["columns"]) == bool(tools)


@pytest.mark.parametrize(
    ("trainer", "form"), [("trl", "preference"), ("llama_factory", "sharegpt_kto")]
)
def test_a_format_that_no_row_fits_is_refused_by_name(run, built, tmp_path, trainer, form):
    told = ("--trainer", trainer, "--format", form)
    done = run("--json", "-C", str(built), "data", "export", "-o", str(tmp_path / "out"), *told)
    assert (done.code, done.error["code"]) == (1, "no_row_fits")
    assert f"'{form}'" in done.error["message"]
    assert "train.jsonl:" in done.error["why"]
    assert done.error["fix"].startswith("--format ")


@pytest.mark.parametrize("form", ["preference", "kto"])
def test_an_export_of_no_row_at_all_is_a_failure(run, built, tmp_path, form):
    done = run(
        "--json", "-C", str(built), "data", "export", "-o", str(tmp_path / "x"), "--format", form
    )
    assert (done.code, done.error["code"]) == (1, "no_row_fits")
    assert "train.jsonl" in done.error["why"]
    named = re.findall(r"\w+", done.error["fix"].removeprefix("--format "))
    assert "openai_chat" in named
    assert form not in named
    out = ("data", "export", "-o", str(tmp_path / "x"), "--format", named[0])
    assert run("-C", str(built), *out).code == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--format", "wrong"], "no_such_format"),
        (["--trainer", "wrong"], "no_such_trainer"),
        (["--trainer", "oumi", "--format", "csv"], "wrong_format"),
    ],
)
def test_what_cannot_be_written_is_said(run, built, tmp_path, more, code):
    done = run("--json", "-C", str(built), "data", "export", "-o", str(tmp_path / "x"), *more)
    assert done.error["code"] == code
    assert not (tmp_path / "x").exists()


def test_long_work_says_how_far_it_is_unless_told_not_to(run, project, tmp_path):
    done = run("-C", str(project), "data", "build")
    assert "data/train.jsonl, 60 rows" in done.err
    assert "build  0/5 (0%)  personal data and copies" in done.err
    out = run("-C", str(project), "data", "export", "-o", str(tmp_path / "out"))
    assert "export  0/" in out.err
    for quiet in (["-q"], ["--json"]):
        assert run(*quiet, "-C", str(project), "data", "build").err == ""
