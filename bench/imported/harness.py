"""lm-evaluation-harness: ``harness.py MODEL FOLDER OUT.json``, float32, two threads."""

import json
import os
import sys
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import torch
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

BATCH = 16
METRICS = {"arc_easy": ("acc", "acc_norm")}


def main() -> None:
    """Run every task of the harness; write answers and scores, a list for each filter or metric."""
    base, folder, out = map(Path, sys.argv[1:])
    torch.set_num_threads(2)
    tools = json.loads((folder / "tools.json").read_text(encoding="utf-8"))
    names = [name for name, tool in tools.items() if tool == "lm-eval"]
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    model = HFLM(pretrained=str(base), dtype="float32", batch_size=BATCH, device="cpu")
    result = simple_evaluate(
        model=model,
        tasks=names,
        task_manager=manager,
        batch_size=BATCH,
        apply_chat_template=True,
        bootstrap_iters=0,
        log_samples=True,
    )
    found = {}
    for name in names:
        rows = result["samples"][name]
        filters = list(dict.fromkeys(row["filter"] for row in rows))
        by_filter = [
            sorted((r for r in rows if r["filter"] == one), key=lambda r: r["doc_id"])
            for one in filters
        ]
        metrics = METRICS.get(name, ("exact_match",))
        first = by_filter[0]
        found[name] = {
            "cases": [f"{name}-{row['doc_id'] + 1}" for row in first],
            "answers": [
                [float(told[0]) for told in row["filtered_resps"]]
                if name in METRICS
                else row["resps"][0][0]
                for row in first
            ],
            "scores": [[float(r[m]) for r in chosen] for chosen in by_filter for m in metrics],
        }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
