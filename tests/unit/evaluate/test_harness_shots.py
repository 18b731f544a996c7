"""Worked examples of the harness's tasks: what lm-evaluation-harness 0.4.13 itself put before them.

The draws stand here as the harness made them, with its own seed; see ``test_draws``.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.adapters import render_template
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.converters import Converted, from_lm_eval
from tuneworthy.lifecycle.suite_import import import_suite

TEST: list[dict[str, Any]] = [
    {"q": f"what is {n}", "a": f"it is {n}", "label": n % 3} for n in range(12)
]
DEV = [{"q": f"dev {n}", "a": f"devised {n}", "label": n % 3} for n in range(9)]
INLINE = [{"q": f"s {n}", "a": f"t {n}"} for n in range(4)]
TASK: dict[str, Any] = {
    "task": "t",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "test.jsonl", "dev": "dev.jsonl"}},
    "test_split": "test",
    "output_type": "generate_until",
    "doc_to_text": "Q: {{q}}\nA:",
    "doc_to_target": "{{a}}",
    "num_fewshot": 3,
    "description": "Answer.",
    "generation_kwargs": {"until": ["\n"]},
    "metric_list": [{"metric": "exact_match"}],
}
DRAWN: dict[str, tuple[dict[str, Any], list[list[int]]]] = {
    "a split": (
        {"fewshot_split": "dev"},
        [[7, 1, 0], [1, 0, 5], [1, 8, 6], [5, 3, 0], [0, 8, 2], [7, 8, 1],
         [1, 2, 5], [1, 0, 4], [7, 3, 0], [8, 7, 0], [1, 0, 2], [8, 1, 5]],
    ),
    "the judged split": (
        {"fewshot_split": "test"},
        [[7, 1, 10], [9, 0, 11], [5, 3, 0], [0, 5, 9], [9, 7, 2], [2, 1, 0],
         [7, 3, 1], [1, 9, 10], [9, 0, 4], [8, 1, 4], [5, 4, 3], [7, 8, 0]],
    ),
    "rows of its own": (
        {"fewshot_config": {"samples": INLINE}},
        [[3, 0, 2], [0, 2, 3], [0, 3, 1], [1, 0, 2], [0, 1, 2], [3, 0, 2],
         [1, 2, 0], [0, 2, 1], [1, 0, 3], [0, 2, 3], [0, 1, 3], [2, 1, 3]],
    ),
    "the first ones": (
        {"fewshot_split": "dev", "fewshot_config": {"sampler": "first_n"}},
        [[0, 1, 2]] * 12,
    ),
    "the first other ones": (
        {"fewshot_split": "test", "fewshot_config": {"sampler": "first_n"}},
        [[1, 2, 3], [0, 2, 3], [0, 1, 3], *[[0, 1, 2]] * 9],
    ),
}  # fmt: skip
"""What a task says of its examples, and the rows that the harness put before each case."""


def made(**more: Any) -> Converted:
    task = {**TASK, **more}
    split = {"dev": DEV, "test": TEST}.get(task.get("fewshot_split", ""))
    return from_lm_eval(task, TEST, render_template, split)


def numbers(case: Case) -> list[int]:
    """The rows whose questions stand before a case."""
    asked = [turn.content for turn in case.turns if turn.role == "user"]
    return [int("".join(filter(str.isdigit, text))) for text in asked]


@pytest.mark.parametrize("name", list(DRAWN))
def test_draws(name: str) -> None:
    settings, wanted = DRAWN[name]
    found = made(**settings)
    assert [numbers(case) for case in found.cases] == wanted
    assert any("3 worked examples" in note for note in found.notes)


def test_every_turn_is_the_harness_own() -> None:
    first = made(fewshot_split="dev").cases[0]
    said = [(turn.role, turn.content) for turn in first.turns]
    assert said == [
        ("system", "Answer."),
        ("user", "Q: dev 7\nA:"),
        ("assistant", "devised 7"),
        ("user", "Q: dev 1\nA:"),
        ("assistant", "devised 1"),
        ("user", "Q: dev 0\nA:"),
        ("assistant", "devised 0"),
    ]
    assert first.request == "Q: what is 0\nA:"


def test_examples_have_words_and_choices_of_their_own() -> None:
    config = {"sampler": "first_n", "doc_to_text": "Frage: {{q}}", "doc_to_target": "a"}
    first = made(fewshot_split="dev", fewshot_config=config).cases[0]
    assert [t.content for t in first.turns[1:3]] == ["Frage: dev 0", "devised 0"]
    choosing = {
        "output_type": "multiple_choice",
        "doc_to_choice": ["no", "yes", "maybe"],
        "doc_to_target": "label",
        "metric_list": [{"metric": "acc"}],
    }
    first = made(fewshot_split="dev", **choosing).cases[0]
    assert [t.content for t in first.turns if t.role == "assistant"] == ["yes", "yes", "no"]


def test_a_row_that_is_dropped_is_drawn_for_all_the_same() -> None:
    rows: list[dict[str, Any]] = [{"q": "", "a": ""}, *TEST[1:]]
    found = from_lm_eval({**TASK, "fewshot_split": "dev"}, rows, render_template, DEV)
    assert len(found.dropped) == 1
    assert [numbers(case) for case in found.cases] == DRAWN["a split"][1][1:]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "names no rows"),
        ({"fewshot_split": "elsewhere"}, "not at hand"),
        ({"fewshot_config": {"samples": {"!function": "utils.rows"}}}, "Python code"),
        ({"fewshot_split": "dev", "fewshot_config": {"sampler": "odd"}}, "sampler 'odd'"),
        ({"fewshot_split": "dev", "gen_prefix": "So"}, "'gen_prefix'"),
        ({"fewshot_split": "dev", "num_fewshot": 10}, "10 examples are wanted, and 9"),
        ({"fewshot_split": "test", "num_fewshot": 12}, "12 examples are wanted, and 12"),
    ],
)
def test_examples_that_would_be_others_are_left_out_and_told(
    settings: dict[str, Any], why: str
) -> None:
    found = made(**settings)
    (note,) = [note for note in found.notes if "'num_fewshot' is left out" in note]
    assert why in note
    assert [turn.role for turn in found.cases[0].turns] == ["system"]


@given(st.integers(1, 9), st.booleans())
def test_no_row_of_the_judged_split_is_its_own_example(count: int, first: bool) -> None:
    config = {"sampler": "first_n"} if first else {}
    found = made(fewshot_split="test", fewshot_config=config, num_fewshot=count)
    for number, case in enumerate(found.cases):
        chosen = numbers(case)
        assert number not in chosen
        assert len(set(chosen)) == len(chosen) == count


def test_the_rows_of_the_split_are_read_from_its_file(tmp_path: Path) -> None:
    for name, rows in (("test", TEST), ("dev", DEV)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    task = {**TASK, "fewshot_split": "dev"}
    (tmp_path / "task.yaml").write_text(json.dumps(task), encoding="utf-8")
    out = tmp_path / "suites" / "t.yaml"
    import_suite(tmp_path / "task.yaml", "lm-eval", out)
    lines = (tmp_path / "suites" / "t.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [Case.model_validate({"expected": "", **json.loads(line)}) for line in lines]
    assert [numbers(case) for case in cases] == DRAWN["a split"][1]
