"""A Python file for Unsloth: its fast model under TRL's trainers."""

from tuneworthy.data.trainers.trl import arguments
from tuneworthy.data.trainers.wanted import Wanted, layer_note

_NAMES = {"sft": "SFT", "dpo": "DPO", "kto": "KTO"}
_SCRIPT = '''"""Trains a LoRA adapter with Unsloth. pip install unsloth"""

from unsloth import FastLanguageModel  # Before trl, which it changes.
from datasets import load_dataset
from trl import {kind}Config, {kind}Trainer

{note}model, tokenizer = FastLanguageModel.from_pretrained(
    model_name={model},
    max_seq_length={length},
    load_in_4bit=False,
)
model = FastLanguageModel.get_peft_model(
    model,
    r={r},
    lora_alpha={alpha},
    lora_dropout={dropout},
    target_modules=[
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    ],
    bias="none",
    random_state={seed},
)
data = load_dataset("json", data_files={files})
trainer = {kind}Trainer(
    model=model,
    processing_class=tokenizer,
    train_dataset=data["train"],
    eval_dataset=data.get("validation"),
    args={kind}Config(
{arguments}
    ),
)
trainer.train()
model.save_pretrained({output})
tokenizer.save_pretrained({output})
'''


def write(wanted: Wanted) -> dict[str, str]:
    """``train_unsloth.py``."""
    settings, files = wanted
    named = {"train": files.train}
    if files.validation:
        named["validation"] = files.validation
    lines = [f"        {name}={value!r}," for name, value in arguments(wanted).items()]
    text = _SCRIPT.format(
        kind=_NAMES[files.method],
        note=layer_note(settings),
        model=repr(files.model),
        length=settings.max_length,
        r=settings.lora_r,
        alpha=settings.lora_alpha,
        dropout=settings.lora_dropout,
        seed=settings.seed,
        files=repr(named),
        arguments="\n".join(lines),
        output=repr(files.output),
    )
    return {"train_unsloth.py": text}
