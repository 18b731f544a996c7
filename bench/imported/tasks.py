"""The tasks as their own tools have them: shipped configurations, with rows of local files."""

import csv
import importlib.resources
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1])]

from real_sets import folder  # noqa: E402

SHORT = {"max_gen_toks": 32}
"""Answers of a few words; both sides are told so, to save time."""
EVERY = int(os.environ.get("TUNEWORTHY_BENCH_EVERY", "1"))
"""Takes one row of so many, on a busy machine."""


def write(out: Path, harness: Path) -> dict[str, str]:
    """Write every task; gives the tool of each, by name.

    Args:
        out: Where tasks and rows are written.
        harness: The folder ``lm_eval/tasks`` of the installed harness.
    """
    out.mkdir(parents=True, exist_ok=True)
    asked = general()[::EVERY]
    rows_file(out / "arc_easy.jsonl", _choices(100)[::EVERY])
    rows_file(out / "gsm8k.jsonl", _gsm(40)[::EVERY])
    rows_file(out / "triviaqa.jsonl", (_trivia(row) for row in asked))
    rows_file(out / "nq_open.jsonl", (_open(row) for row in asked))
    for path, more in (
        ("arc/arc_easy.yaml", {}),
        ("gsm8k/gsm8k.yaml", {"max_gen_toks": 128}),
        ("triviaqa/default.yaml", SHORT),
        ("nq_open/nq_open.yaml", SHORT),
    ):
        localised(harness / path, out, more)
    inspected = [{"id": row["id"], "input": row["request"], "target": _right(row)} for row in asked]
    rows_file(out / "inspect.jsonl", inspected)
    rows_file(out / "openai.jsonl", (_sample(row) for row in asked))
    return {
        **dict.fromkeys(("arc_easy", "gsm8k", "triviaqa", "nq_open"), "lm-eval"),
        **dict.fromkeys(("match", "includes"), "inspect"),
        **dict.fromkeys(("Match", "Includes"), "openai-evals"),
    }


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def localised(path: Path, out: Path, length: Mapping[str, int]) -> None:
    """The shipped task with its rows in a file and without worked examples, otherwise as it is."""
    task = yaml.safe_load(path.read_text(encoding="utf-8"))
    name = task["task"]
    split = task.get("test_split") or task["validation_split"]
    for key in ("dataset_name", "training_split", "validation_split", "fewshot_split", "tag"):
        task.pop(key, None)
    task |= {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {split: str(out / f"{name}.jsonl")}},
        "test_split": split,
        "num_fewshot": 0,
    }
    if "generation_kwargs" in task:
        task["generation_kwargs"] |= length
    text = yaml.safe_dump(task, sort_keys=False)
    (out / f"{name}.yaml").write_text(text, encoding="utf-8")


def rows_file(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSON lines."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8")


def general() -> list[dict[str, Any]]:
    """Questions with short answers: those of the general suite that Tuneworthy ships."""
    place = importlib.resources.files("tuneworthy.evaluate.suites_shipped") / "general.jsonl"
    return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]


def _right(row: Mapping[str, Any]) -> list[str]:
    return [row["expected"], *row.get("references", [])]


def _trivia(row: Mapping[str, Any]) -> dict[str, Any]:
    question = row["request"].removesuffix("?")
    return {"question": question, "answer": {"aliases": _right(row)}}


def _open(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"question": row["request"].removesuffix("?"), "answer": _right(row)}


def _sample(row: Mapping[str, Any]) -> dict[str, Any]:
    said = [
        {"role": "system", "content": "Answer in one word."},
        {"role": "user", "content": row["request"]},
    ]
    return {"input": said, "ideal": _right(row)}


def _choices(count: int) -> list[dict[str, Any]]:
    """TruthfulQA in ARC's columns: the best answer among up to three incorrect ones."""
    path = folder() / "truthfulqa/TruthfulQA.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:count]
    made = []
    for number, row in enumerate(rows):
        wrong = [part.strip() for part in row["Incorrect Answers"].split(";") if part.strip()]
        texts = list(dict.fromkeys(wrong))[:3]
        place = number % (len(texts) + 1)
        texts.insert(place, row["Best Answer"].strip())
        labels = [chr(ord("A") + n) for n in range(len(texts))]
        choices = {"text": texts, "label": labels}
        made.append({"question": row["Question"], "choices": choices, "answerKey": labels[place]})
    return made


def _gsm(count: int) -> list[dict[str, Any]]:
    return read(folder() / "gsm8k/test.jsonl")[:count]
