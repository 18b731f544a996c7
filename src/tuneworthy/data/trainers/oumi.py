"""An Oumi YAML. Field names: ``oumi.core.configs.params``, August 2026."""

from typing import Any

from tuneworthy.core.errors import UsageProblem
from tuneworthy.data.trainers.wanted import Wanted, hf_arguments, layer_note
from tuneworthy.data.yaml_text import yaml_text


def write(wanted: Wanted) -> dict[str, str]:
    """``oumi.yaml``.

    Raises:
        UsageProblem: DPO and KTO: Oumi reads no pairs from a text file of one's own.
    """
    settings, files = wanted
    if files.method != "sft":
        raise UsageProblem(
            "no_such_method",
            f"Oumi has no reader for a file of {files.method} rows.",
            fix="Use TRL or LLaMA-Factory for dpo and kto.",
        )
    arguments = hf_arguments(wanted)
    arguments.pop("eval_strategy", None)
    epochs = settings.num_train_epochs
    if epochs != int(epochs):
        raise UsageProblem(
            "whole_epochs",
            f"Oumi trains whole epochs; the project sets num_train_epochs to {epochs}.",
            fix="Set training.num_train_epochs to a whole number.",
        )
    data: dict[str, Any] = {"train": _split(files.train)}
    if files.validation:
        data["validation"] = _split(files.validation)
    config = {
        "model": {"model_name": files.model, "model_max_length": settings.max_length},
        "data": data,
        "training": {
            "trainer_type": "TRL_SFT",
            "use_peft": True,
            **arguments,
            "num_train_epochs": int(epochs),
            "warmup_ratio": settings.warmup_ratio,
            **({"eval_strategy": "epoch"} if files.validation else {}),
        },
        "peft": {
            "lora_r": settings.lora_r,
            "lora_alpha": settings.lora_alpha,
            "lora_dropout": settings.lora_dropout,
        },
    }
    return {"oumi.yaml": layer_note(settings) + yaml_text(config)}


def _split(path: str) -> dict[str, Any]:
    return {"datasets": [{"dataset_name": "text_sft_jsonl", "dataset_path": path}]}
