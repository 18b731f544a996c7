"""Tokens and their price through the command line, with a real tokenizer of a few words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tokenizer that knows five words; every other is one unknown token."""
    tokenizers = pytest.importorskip("tokenizers")
    words = {"[UNK]": 0, "where": 1, "is": 2, "my": 3, "parcel": 4, "here": 5}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.enable_truncation(2)  # must not matter
    home = tmp_path / "model"
    home.mkdir()
    made.save(str(home / "tokenizer.json"))
    return home


def write(path: Path, pairs: list[tuple[str, str]]) -> Path:
    rows = [json.dumps({"request": asked, "target": said}) for asked, said in pairs]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def test_a_file_is_counted_and_priced_as_the_user_was_quoted(
    tmp_path: Path, folder: Path, run: Run
) -> None:
    path = write(tmp_path / "rows.jsonl", [("where is my parcel", "here"), ("is", "is here now")])
    prices = tmp_path / "prices.yaml"
    prices.write_text(
        "one: {per_million_tokens: 2000000, currency: EUR}\n"
        "two: {per_million_tokens: 1, currency: EUR, minimum: 5}\n",
        "utf-8",
    )
    words = ("--json", "data", "price", str(path), "--tokenizer", str(folder))
    tag = run(*words, "--prices", str(prices), "--epochs", "3").json
    assert (tag["rows"], tag["prompt_tokens"], tag["target_tokens"]) == (2, 5, 4)
    assert (tag["longest"], tag["over"], tag["tokenizer"]) == (5, 0, "model")
    assert tag["bills"] == [
        {"provider": "two", "currency": "EUR", "tokens": 27, "price": 5.0},
        {"provider": "one", "currency": "EUR", "tokens": 27, "price": 54.0},
    ]
    assert run(*words).json["bills"] == []
    shown = run("data", "price", str(path), "--tokenizer", str(folder), "--prices", str(prices)).out
    assert "9 tokens by model: 5 of prompts, 4 of targets" in shown
    assert "two" in shown


def test_a_version_is_counted_by_its_training_part(project: Path, folder: Path, run: Run) -> None:
    at = ("-C", str(project), "--json")
    built = run(*at, "data", "build").json
    tag = run(*at, "data", "price", "--tokenizer", str(folder)).json
    assert tag["of"] == built["id"]
    assert tag["rows"] == built["split"]["sizes"]["train"]
    assert tag["epochs"] == 3
    assert tag["target_tokens"] == tag["rows"]
    settings = project / "tuneworthy.yaml"
    text = settings.read_text("utf-8").replace("base_model: embedded", f"base_model: {folder}")
    settings.write_text(text, "utf-8")
    (folder / "config.json").write_text("{}", "utf-8")
    assert run(*at, "data", "price").json["prompt_tokens"] == tag["prompt_tokens"]


def test_mistakes_say_what_to_type(tmp_path: Path, folder: Path, run: Run) -> None:
    path = str(write(tmp_path / "rows.jsonl", [("a", "b")]))
    (tmp_path / "bad.yaml").write_text("one: {per_million_tokens: cheap}\n", "utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "tokenizer.json").write_text("{", "utf-8")
    named = ("--tokenizer", str(folder))
    for words, code, name in (
        ((), 2, "no_tokenizer_named"),
        (("--tokenizer", str(tmp_path / "gone")), 2, "no_tokenizer_folder"),
        (("--tokenizer", "hub/model-name"), 2, "no_tokenizer_folder"),
        (("--tokenizer", str(tmp_path / "empty")), 1, "no_tokenizer"),
        (("--tokenizer", str(tmp_path / "broken")), 1, "no_tokenizer"),
        ((*named, "--prices", str(tmp_path / "bad.yaml")), 2, "bad_price"),
        ((*named, "--prices", str(tmp_path / "gone.yaml")), 2, "no_file"),
    ):
        done = run("--json", "data", "price", path, *words)
        assert (done.code, done.error["code"]) == (code, name), done
        assert done.error["fix"]
