"""The setting ``models``: what may stand there, and where each fault is told."""

from pathlib import Path

import pytest

from tuneworthy.config.project_file import load_project
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.project import Project

HEAD = """\
name: p
use_case: x
goal: format
metric: exact_match
target: 0.8
sources: [{path: rows.jsonl}]
"""


def load(folder: Path, text: str) -> Project:
    (folder / "tuneworthy.yaml").write_text(HEAD + text, encoding="utf-8")
    return load_project(folder)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigProblem) as caught:
        load(folder, text)
    return [line.partition("tuneworthy.yaml:")[2] for line in caught.value.message.split("\n")[1:]]


def test_the_base_model_comes_first_and_goes_by_its_own_name(tmp_path):
    found = load(
        tmp_path,
        "models:\n"
        "  - {at: weights/small, name: little}\n"
        "  - {at: 'https://h.example/v1', model: big-one, api_key_env: KEY,\n"
        "     prompt_price: 0.5, completion_price: 1.5, requests_at_once: 3}\n"
        "  - {at: 'http://127.0.0.1:9/v1#other'}\n"
        "  - {at: 'http://127.0.0.1:8/v1'}\n",
    )
    assert [model.title for model in found.all_models] == [
        "embedded",
        "little",
        "big-one",
        "other",
        "127.0.0.1:8",
    ]
    big = found.all_models[2]
    assert (big.url, big.served_name) == ("https://h.example/v1", "big-one")
    assert big.prices is not None
    assert big.prices.completion_per_million == 1.5
    assert found.all_models[3].served_name == "other"
    assert found.all_models[4].served_name == "default"
    assert found.base.title == "embedded"
    assert found.base.prices is None


def test_an_entry_may_describe_the_base_model(tmp_path):
    found = load(
        tmp_path,
        "base_model: http://h.example/v1#m\n"
        "models:\n"
        "  - {at: embedded}\n"
        "  - {at: 'http://h.example/v1/', model: m, name: ours, api_key_env: KEY}\n"
        "prices: {prompt_per_million: 2, completion_per_million: 3}\n",
    )
    assert [model.title for model in found.all_models] == ["ours", "embedded"]
    assert found.base.api_key_env == "KEY"
    assert found.base.prices == found.prices
    assert found.all_models[1].prices is None


def test_an_url_as_base_model_means_what_it_always_did(tmp_path):
    base = load(tmp_path, "base_model: http://h.example/v1#m\n").base
    assert (base.url, base.served_name, base.api_key_env) == ("http://h.example/v1", "m", "")


def test_names_and_models_that_stand_there_twice(tmp_path):
    found = faults(
        tmp_path,
        "models:\n"
        "  - {at: a/small}\n"
        "  - {at: b/small}\n"
        "  - {at: ./a/small, name: again}\n"
        "  - {at: c, name: embedded}\n"
        "  - {at: 'http://h/v1', model: x}\n"
        "  - {at: 'http://h/v1#x', name: y}\n",
    )
    assert found == [
        "9:5: the model's name 'small' is taken by another entry. Give it a 'name' of its own.",
        "10:5: './a/small' is the same model as another entry.",
        "11:5: the model's name 'embedded' is taken by base_model. Give it a 'name' of its own.",
        "13:5: 'http://h/v1#x' is the same model as another entry.",
    ]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: a}", "'models.0.at' is missing"),
        ("words", "It must be a mapping"),
        ("{at: ''}", "It must not be empty"),
        ("{at: a, price: 1}", "unknown setting 'models.0.price'. Did you mean"),
        ("{at: a, prompt_price: 1}", "'prompt_price' and 'completion_price' go together"),
        ("{at: a, completion_price: 1}", "'prompt_price' and 'completion_price' go together"),
        ("{at: a, prompt_price: -1, completion_price: 1}", "greater than or equal to 0"),
        ("{at: a, prompt_price: .nan, completion_price: 1}", "It must be a number"),
        ("{at: a, requests_at_once: 0}", "greater than or equal to 1"),
        ("{at: a, context_tokens: 3}", "greater than or equal to 128"),
    ],
)
def test_a_bad_entry_is_told_with_its_place(tmp_path, entry, said):
    found = faults(tmp_path, f"models:\n  - {entry}\n")
    assert any(said in line for line in found), found
    assert all(line.startswith("8:") for line in found), found
