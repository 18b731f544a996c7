"""Answers that need no model: right, wrong and half right ones, for every row of a task."""

import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1])]

from real_sets import folder  # noqa: E402
from tasks import general, localised, read, rows_file  # noqa: E402

TASKS = {
    "gsm8k": "gsm8k/gsm8k.yaml",
    "triviaqa": "triviaqa/default.yaml",
    "nq_open": "nq_open/nq_open.yaml",
}


def write(out: Path, harness: Path) -> None:
    """Write each task over all rows, and ``NAME.answers.json`` with one answer a row."""
    out.mkdir(parents=True, exist_ok=True)
    short = general()
    rows = {
        "gsm8k": read(folder() / "gsm8k/test.jsonl"),
        "triviaqa": [
            {"question": row["request"], "answer": {"aliases": _right(row)}} for row in short
        ],
        "nq_open": [{"question": row["request"], "answer": _right(row)} for row in short],
    }
    for name, path in TASKS.items():
        rows_file(out / f"{name}.jsonl", rows[name])
        localised(harness / path, out, {})
        golds = [
            row["answer"] if name == "gsm8k" else _right(one)
            for row, one in zip(rows[name], short if name != "gsm8k" else rows[name], strict=True)
        ]
        said = [_said(golds, number) for number in range(len(golds))]
        (out / f"{name}.answers.json").write_text(json.dumps(said), encoding="utf-8")


def _right(row: dict[str, Any]) -> list[str]:
    return [row["expected"], *row.get("references", [])]


def _said(golds: list[Any], number: int) -> str:
    """One of twelve ways to say the row's right answer, or another row's."""
    gold = golds[number if number % 4 else number - 1]
    text = gold if isinstance(gold, str) else gold[-1]
    short = text.rpartition("#### ")[2]
    ways = (
        text,
        short,
        f" The {short}.",
        f"It is {short}, I think.",
        f"#### {short}\nQuestion: #### 7",
        f"${short}.00 or {short}",
        f"{short.upper()}!\n{short}",
        re.sub(r"\d", "1", text),
        f"- {short.lower()}",
        f"#### {short}.",
        "I do not know",
        f"a {short}\n\n#### -{short}",
    )
    return ways[number % len(ways)]
