"""lm-evaluation-harness: ``peer.py MODEL CASES_FOLDER OUT.json WAY``, two threads.

``WAY`` is ``exact`` (float32) or ``default`` (``dtype=auto``, as the harness has it). 32 rows a
batch in both: by itself it takes one row at a time, which is slower, and its ``auto`` tries 64 rows
of the model's whole length, for which a machine without an accelerator has no memory.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import torch
import yaml
from cases import NAME, TOKENS
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

BATCH = 32


def main() -> None:
    """Load the model, answer both sets, write answers, scores and seconds."""
    base, cases, out = map(Path, sys.argv[1:4])
    dtype = "float32" if sys.argv[4] == "exact" else "auto"
    torch.set_num_threads(2)
    _write_tasks(cases)
    manager = TaskManager(include_path=str(cases), include_defaults=False)
    model = HFLM(pretrained=str(base), dtype=dtype, batch_size=BATCH, device="cpu")
    found: dict[str, Any] = {"dtype": str(model.model.dtype).removeprefix("torch.")}
    for name in ("generated", "choices"):
        cpu, wall = time.process_time(), time.perf_counter()
        result = simple_evaluate(
            model=model,
            tasks=[f"bench_{name}"],
            task_manager=manager,
            batch_size=BATCH,
            apply_chat_template=True,
            bootstrap_iters=0,
            log_samples=True,
        )
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        rows = sorted(result["samples"][f"bench_{name}"], key=lambda row: row["doc_id"])
        if name == "generated":
            answers = [row["resps"][0][0] for row in rows]
            scores = {"name": [row["exact_match"] for row in rows]}
        else:
            answers = [[float(told[0]) for told in row["filtered_resps"]] for row in rows]
            scores = {key: [row[key] for row in rows] for key in ("acc", "acc_bytes")}
        found[name] = {**spent, "answers": answers, "scores": scores}
    out.write_text(json.dumps(found), encoding="utf-8")


def _write_tasks(cases: Path) -> None:
    def task(name: str, **more: object) -> None:
        common = {
            "task": f"bench_{name}",
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(cases / f"{name}.jsonl")}},
            "test_split": "test",
            "doc_to_text": "{{prompt}}",
        }
        (cases / f"{name}.yaml").write_text(yaml.safe_dump(common | more), encoding="utf-8")

    task(
        "generated",
        output_type="generate_until",
        doc_to_target="{{target}}",
        generation_kwargs={"until": [], "max_gen_toks": TOKENS, "do_sample": False},
        filter_list=[
            {
                "name": "name",
                "filter": [
                    {"function": "regex", "regex_pattern": NAME},
                    {"function": "take_first"},
                ],
            }
        ],
        metric_list=[{"metric": "exact_match", "higher_is_better": True}],
    )
    task(
        "choices",
        output_type="multiple_choice",
        doc_to_target=0,
        doc_to_choice="{{choices}}",
        metric_list=[{"metric": "acc"}, {"metric": "acc_bytes"}],
    )


if __name__ == "__main__":
    main()
