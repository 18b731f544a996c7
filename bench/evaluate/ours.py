"""Our side: ``ours.py MODEL CASES_FOLDER OUT.json WAY``, two threads.

``WAY`` is ``exact`` (float32) or ``default`` (the number format that we choose by ourselves).
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

if sys.argv[4] == "exact":
    os.environ["TUNEWORTHY_DTYPE"] = "float32"

from cases import TOKENS, name_in, read

from tuneworthy.adapters import load_local_model
from tuneworthy.adapters.torch_runtime import dtype_name
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.evaluate import Mark, likeliest, run_arm


def main() -> None:
    """Load the model, answer both sets, write answers, scores and seconds."""
    base, cases, out = map(Path, sys.argv[1:4])
    model = load_local_model(base, threads=2)
    found: dict[str, Any] = {"dtype": dtype_name()}
    for name in ("generated", "choices"):
        rows = read(cases / f"{name}.jsonl")
        asked = [
            Case(
                id=row["id"],
                request=row["prompt"],
                expected=row["target"] if name == "generated" else row["choices"][0],
                choices=tuple(row.get("choices", ())),
            )
            for row in rows
        ]
        cpu, wall = time.process_time(), time.perf_counter()
        result = run_arm(
            Arm(id=name, arm="zero_shot"),
            asked,
            [],
            _named if name == "generated" else _same,
            client=model,
            retriever=None,
            max_new_tokens=TOKENS,
        )
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        if name == "generated":
            answers = [row.output for row in result.results]
            scores = {"name": [row.score for row in result.results]}
        else:
            answers = [list(row.logprobs) for row in result.results]
            best = {
                by: [
                    float(likeliest(row.logprobs, case.choices, by) == 0)
                    for row, case in zip(result.results, asked, strict=True)
                ]
                for by in ("sum", "bytes")
            }
            scores = {"acc": best["sum"], "acc_bytes": best["bytes"]}
        found[name] = {**spent, "answers": answers, "scores": scores}
    out.write_text(json.dumps(found), encoding="utf-8")


def _named(output: str, case: Case) -> Mark:
    right = name_in(output) == case.expected
    return Mark(score=float(right), valid=True)


def _same(output: str, case: Case) -> Mark:
    return Mark(score=float(output == case.expected), valid=True)


if __name__ == "__main__":
    main()
