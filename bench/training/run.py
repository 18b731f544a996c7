"""Training throughput against TRL on the same rows: real tokens per CPU second, whole process tree.

    python bench/run.py training

Arms: this trainer (last 15 layers, and all layers), and TRL's SFTTrainer with the same
LoRA, once on the same layers and once with its defaults. Every arm is a process of its own, each in
turn `ROUNDS` times; all use one number format and one thread. The held-out loss is computed with
one plain forward pass over the same rows for every arm, so that speed is compared at like quality.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROUNDS = 3
ROWS = 48
HELD_OUT = 24
EPOCHS = 1
OUT = Path("build/bench/training.json")
ARMS = ("ours, last 15 layers", "TRL, last 15 layers", "ours, all layers", "TRL, defaults")


def main() -> None:
    """Run every arm in turn and print tokens per CPU second with the ratio to TRL's defaults."""
    seen: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    for _ in range(ROUNDS):
        for arm in ARMS:
            command = [sys.executable, __file__, arm]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seen[arm].append(json.loads(done.stdout.splitlines()[-1]))
    rows = {arm: _row(runs) for arm, runs in seen.items()}
    reference = rows["TRL, defaults"]["median"]
    for arm, row in rows.items():
        print(
            f"{arm:22} {row['median']:7.1f} tokens/CPU s  ({row['min']:.1f} to {row['max']:.1f}, "
            f"n = {ROUNDS})  {row['median'] / reference:.2f}x TRL's defaults, "
            f"held-out loss {row['loss']:.3f}"
        )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1))


def _row(runs: list[dict[str, float]]) -> dict[str, float]:
    speeds = [run["tokens"] / run["cpu_seconds"] for run in runs]
    return {
        "median": statistics.median(speeds),
        "min": min(speeds),
        "max": max(speeds),
        "loss": statistics.median(run["loss"] for run in runs),
    }


def one(arm: str) -> None:
    """Train once and print tokens, CPU seconds of training and the held-out loss."""
    from tuneworthy.adapters import embedded_model_dir, load_trainer

    base = embedded_model_dir()
    train, held_out = _rows()
    folder = Path(tempfile.mkdtemp())
    try:
        if arm.startswith("ours"):
            load_trainer()
            run = _ours(base, train, folder, None if "all" in arm else 15)
        else:
            run = _trl(base, train, folder, None if "defaults" in arm else 15)
        print(json.dumps({**run, "loss": _loss(base, folder / "adapter", held_out)}))
    finally:
        shutil.rmtree(folder)


def _rows() -> tuple[list[Any], list[Any]]:
    from tuneworthy.adapters.bfcl_calls import rows
    from tuneworthy.core.nouns.example import Example, Message, Provenance
    from tuneworthy.evaluate.render import tool_text

    def example(number: int, row: dict[str, Any]) -> Example:
        asked = f"{tool_text(row['tools'][0])}\nRequest: {row['request']}"
        return Example(
            id=str(number),
            messages=(
                Message(role="system", content="Call the function."),
                Message(role="user", content=asked),
                Message(role="assistant", content=row["target"]),
            ),
            provenance=Provenance(source="bfcl", row=number),
        )

    found = [example(i, r) for i, r in enumerate(rows()) if r["split"] == "train"]
    return found[:ROWS], found[ROWS : ROWS + HELD_OUT]


def _ours(base: Path, train: list[Any], folder: Path, layers: int | None) -> dict[str, float]:
    from tuneworthy.adapters import load_trainer
    from tuneworthy.core.nouns.run import TrainSettings
    from tuneworthy.core.nouns.suite import Arm
    from tuneworthy.core.ports import TrainRequest

    settings = TrainSettings(
        num_train_epochs=EPOCHS, threads=1, save_steps=1000, lora_layers=layers
    )
    request = TrainRequest(
        base=base,
        train=tuple(train),
        validation=(),
        arm=Arm(id="bench", arm="tuned"),
        settings=settings,
        workspace=folder,
    )
    result = load_trainer().train(request)
    return {"tokens": result.actual.tokens, "cpu_seconds": result.actual.cpu_seconds}


def _trl(base: Path, train: list[Any], folder: Path, layers: int | None) -> dict[str, float]:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from tuneworthy.adapters.torch_runtime import compute_dtype

    torch.set_num_threads(1)
    started = time.process_time()
    dtype = compute_dtype()
    data = Dataset.from_list(
        [
            {
                "prompt": [m.model_dump() for m in e.prompt],
                "completion": [{"role": "assistant", "content": e.target}],
            }
            for e in train
        ]
    )
    chosen = {} if layers is None else {"layers_to_transform": list(range(30 - layers, 30))}
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base, dtype=dtype),
        args=SFTConfig(
            output_dir=str(folder),
            num_train_epochs=EPOCHS,
            learning_rate=1e-3,
            report_to="none",
            use_cpu=True,
            save_strategy="no",
            disable_tqdm=True,
            bf16=dtype is torch.bfloat16,
        ),
        train_dataset=data,
        processing_class=AutoTokenizer.from_pretrained(base),
        peft_config=LoraConfig(
            r=16, lora_alpha=32, task_type="CAUSAL_LM", target_modules="all-linear", **chosen
        ),
    )
    trainer.train()
    tokens = sum(len(ids) for ids in trainer.train_dataset["input_ids"]) * EPOCHS
    seconds = time.process_time() - started
    trainer.model.save_pretrained(folder / "adapter")
    return {"tokens": tokens, "cpu_seconds": seconds}


def _loss(base: Path, adapter: Path, rows: list[Any]) -> float:
    """Mean loss of the target's tokens, one row at a time, with the plain Hugging Face model."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter
    )
    total, count = 0.0, 0
    for row in rows:
        turns = [m.model_dump() for m in row.messages]
        text = tokenizer.apply_chat_template(turns[:-1], tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(text, add_special_tokens=False).input_ids
        target = tokenizer(row.target + tokenizer.eos_token, add_special_tokens=False).input_ids
        ids = torch.tensor([prompt + target])
        with torch.no_grad():
            logits = model(ids).logits[0, len(prompt) - 1 : -1].float()
        total += float(
            torch.nn.functional.cross_entropy(logits, ids[0, len(prompt) :], reduction="sum")
        )
        count += len(target)
    return total / count


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ARMS:
        one(sys.argv[1])
    else:
        main()
