"""An Axolotl YAML. Field names: ``axolotl.utils.schemas``, July 2026."""

from typing import Any

from tuneworthy.core.errors import UsageProblem
from tuneworthy.data.trainers.wanted import Files, Wanted, layer_note
from tuneworthy.data.yaml_text import yaml_text


def write(wanted: Wanted) -> dict[str, str]:
    """``axolotl.yaml``.

    Raises:
        UsageProblem: KTO: Axolotl's strategies read one prompt text, not turns. DPO over rows with
            tools: of a turn they keep the text alone, and the call would be lost.
    """
    settings, files = wanted
    if files.method == "kto":
        raise UsageProblem(
            "no_such_method",
            "Axolotl reads KTO rows with one text as the prompt, not with turns.",
            fix="Use TRL, LLaMA-Factory or Oumi for kto.",
        )
    if files.method == "dpo" and files.tools:
        raise UsageProblem(
            "no_such_method",
            "Axolotl reads no tool calls in DPO rows.",
            fix="Use TRL, LLaMA-Factory or Unsloth for dpo over rows with tools.",
        )
    config: dict[str, Any] = {
        "base_model": files.model,
        "datasets": [_dataset(files.train, files)],
        "chat_template": "tokenizer_default",
        "sequence_len": settings.max_length,
        "excess_length_strategy": "raise",
        "sample_packing": False,
        "adapter": "lora",
        "lora_r": settings.lora_r,
        "lora_alpha": settings.lora_alpha,
        "lora_dropout": settings.lora_dropout,
        "lora_target_linear": True,
        "learning_rate": settings.learning_rate,
        "num_epochs": settings.num_train_epochs,
        "micro_batch_size": settings.per_device_train_batch_size,
        "gradient_accumulation_steps": 1,
        "lr_scheduler": settings.lr_scheduler_type,
        "warmup_ratio": settings.warmup_ratio,
        "weight_decay": settings.weight_decay,
        "optimizer": "adamw_torch",
        "bf16": "auto",
        "seed": settings.seed,
        "save_steps": settings.save_steps,
        "output_dir": files.output,
    }
    if files.method == "dpo":
        config["rl"] = "dpo"
    if files.validation:
        config["test_datasets"] = [_dataset(files.validation, files) | {"split": "train"}]
    return {"axolotl.yaml": layer_note(settings) + yaml_text(config)}


def _dataset(path: str, files: Files) -> dict[str, Any]:
    if files.method == "sft":
        named = {"path": path, "type": "chat_template", "field_messages": "messages"}
        return {**named, "ds_type": "json", "roles_to_train": ["assistant"]}
    named = {"path": path, "ds_type": "json", "type": "chat_template.default"}
    return {**named, "field_messages": "prompt", "split": "train"}
