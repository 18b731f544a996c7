"""The cases of the benchmark as both sides read them: two files of JSON lines."""

import csv
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1])]

from real_sets import folder  # noqa: E402

COUNT = int(os.environ.get("TUNEWORTHY_BENCH_CASES", "200"))
TOKENS = 32
PROMPT = (
    "Function:\n{tools}\n\nRequest: {request}\n\n"
    "Answer with one JSON object and nothing else, such as "
    '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}'
)
NAME = r'"name": "([^"]+)"'
"""What both sides read out of a generated answer: the function's name."""


def write(out: Path) -> dict[str, int]:
    """Write ``generated.jsonl`` (tool calls) and ``choices.jsonl`` (TruthfulQA); their sizes."""
    made = {"generated": _calls(), "choices": _truthful()}
    for name, rows in made.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (out / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return {name: len(rows) for name, rows in made.items()}


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of one of the files."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def name_in(output: str) -> str:
    """The first function name in an answer; lm-evaluation-harness's word where there is none."""
    found = re.findall(NAME, output)
    return found[0] if found else "[invalid]"


def _calls() -> list[dict[str, Any]]:
    from tuneworthy.adapters.bfcl_calls import rows
    from tuneworthy.evaluate.render import tool_text

    held_out = [row for row in rows() if row["split"] == "test"][:COUNT]
    return [
        {
            "id": row["id"],
            "prompt": PROMPT.replace("{tools}", "\n\n".join(map(tool_text, row["tools"]))).replace(
                "{request}", row["request"]
            ),
            "target": row["accepted"]["name"],
        }
        for row in held_out
    ]


def _truthful() -> list[dict[str, Any]]:
    """The best answer against the incorrect ones, as in the set's MC1 form."""
    path = folder() / "truthfulqa/TruthfulQA.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:COUNT]
    return [
        {
            "id": str(number),
            "prompt": f"Q: {row['Question']}\nA:",
            "choices": list(
                dict.fromkeys(
                    part.strip()
                    for part in [row["Best Answer"], *row["Incorrect Answers"].split(";")]
                    if part.strip()
                )
            ),
        }
        for number, row in enumerate(rows)
    ]
