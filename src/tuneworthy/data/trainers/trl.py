"""A Python file for TRL: ``SFTConfig``, ``DPOConfig`` or ``KTOConfig`` with a ``LoraConfig``."""

from typing import Any

from tuneworthy.data.trainers.wanted import Wanted, hf_arguments

_NAMES = {"sft": "SFT", "dpo": "DPO", "kto": "KTO"}
_SCRIPT = '''"""Trains a LoRA adapter with TRL. pip install "trl>=1" peft datasets"""

from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoConfig
from trl import {kind}Config, {kind}Trainer

MODEL = {model}
LAYERS = {layers}  # The last so many are adapted; None is every layer.

data = load_dataset("json", data_files={files})
count = AutoConfig.from_pretrained(MODEL).num_hidden_layers
first = 0 if LAYERS is None else max(0, count - LAYERS)
trainer = {kind}Trainer(
    model=MODEL,
    args={kind}Config(
{arguments}
    ),
    train_dataset=data["train"],
    eval_dataset=data.get("validation"),
    peft_config=LoraConfig(
        r={r},
        lora_alpha={alpha},
        lora_dropout={dropout},
        target_modules="all-linear",
        layers_to_transform=None if LAYERS is None else list(range(first, count)),
        task_type="CAUSAL_LM",
    ),
)
trainer.train()
trainer.save_model()
'''


def write(wanted: Wanted) -> dict[str, str]:
    """``train_trl.py``."""
    settings, files = wanted
    named = {"train": files.train}
    if files.validation:
        named["validation"] = files.validation
    lines = [f"        {name}={value!r}," for name, value in arguments(wanted).items()]
    text = _SCRIPT.format(
        kind=_NAMES[files.method],
        model=repr(files.model),
        layers=settings.lora_layers,
        files=repr(named),
        arguments="\n".join(lines),
        r=settings.lora_r,
        alpha=settings.lora_alpha,
        dropout=settings.lora_dropout,
    )
    return {"train_trl.py": text}


def arguments(wanted: Wanted) -> dict[str, Any]:
    """Keyword arguments of the trainer's configuration.

    Since transformers 5 a ``warmup_steps`` below 1 is a share of all steps.
    """
    settings = wanted.settings
    found = {**hf_arguments(wanted), "warmup_steps": settings.warmup_ratio}
    found["max_length"] = settings.max_length
    return found
