"""Inspect: ``inspect_side.py MODEL FOLDER OUT.json``; its datasets, scorers and local models."""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "INSPECT_DISPLAY": "none", "TOKENIZERS_PARALLELISM": "false"}

import torch
from inspect_ai import Task
from inspect_ai import eval as run_tasks
from inspect_ai.dataset import json_dataset
from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.scorer import includes, match

SCORERS = {"match": match, "includes": includes}


def main() -> None:
    """Run one task for each scorer; write answers and scores."""
    base, folder, out = map(Path, sys.argv[1:])
    torch.set_num_threads(2)
    model = get_model(
        "hf/local",
        config=GenerateConfig(max_tokens=32, max_connections=16),
        model_path=str(base),
        device="cpu",
        dtype=torch.float32,
        do_sample=False,
    )
    # One run: both scorers read the same answers.
    scorers = [scorer() for scorer in SCORERS.values()]
    task = Task(dataset=json_dataset(str(folder / "inspect.jsonl")), scorer=scorers, name="bench")
    found = {}
    with tempfile.TemporaryDirectory() as logs:  # samples are read from there
        (log,) = run_tasks(task, model=model, log_dir=logs, display="none")
        if log.status != "success" or log.samples is None:
            sys.exit(f"inspect: {log.error}")
        for name in SCORERS:
            found[name] = {
                "cases": [str(sample.id) for sample in log.samples],
                "answers": [sample.output.completion for sample in log.samples],
                "scores": [[float((s.scores or {})[name].value == "C") for s in log.samples]],
            }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
