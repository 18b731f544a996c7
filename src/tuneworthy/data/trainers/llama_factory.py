"""A LLaMA-Factory YAML with its ``dataset_info.json``.

Field names: ``data/README.md``, ``llamafactory.data.parser``, ``llamafactory.hparams``, 2026-08.
"""

import json
from pathlib import PurePath
from typing import Any

from tuneworthy.data.trainers.wanted import Files, Wanted, hf_arguments, layer_note
from tuneworthy.data.yaml_text import yaml_text


def write(wanted: Wanted) -> dict[str, str]:
    """``llama_factory.yaml`` and ``dataset_info.json``, which lies beside the data."""
    settings, files = wanted
    config: dict[str, Any] = {
        "model_name_or_path": files.model,
        "stage": files.method,
        "do_train": True,
        "finetuning_type": "lora",
        "lora_rank": settings.lora_r,
        "lora_alpha": settings.lora_alpha,
        "lora_dropout": settings.lora_dropout,
        "lora_target": "all",
        "dataset_dir": str(PurePath(files.train).parent),
        "dataset": "train",
        "template": files.template or "default",
        "cutoff_len": settings.max_length,
        **hf_arguments(wanted),
        "warmup_ratio": settings.warmup_ratio,
    }
    config.pop("eval_strategy", None)
    if files.method == "sft":
        config["mask_history"] = True  # Only the last answer is learned, as here.
    described = {"train": _described(files.train, files)}
    if files.validation:
        config["eval_dataset"] = "validation"
        config["eval_strategy"] = "epoch"
        described["validation"] = _described(files.validation, files)
    note = layer_note(settings)
    if not files.template:
        note += "# template: put the name of the model's chat template here.\n"
    return {
        "llama_factory.yaml": note + yaml_text(config),
        "dataset_info.json": json.dumps(described, indent=2, ensure_ascii=False) + "\n",
    }


def _described(path: str, files: Files) -> dict[str, Any]:
    entry: dict[str, Any] = {"file_name": PurePath(path).name, "formatting": "sharegpt"}
    columns = {"messages": "conversations"}
    if path in files.tools:
        columns["tools"] = "tools"  # A column that is named and not there stops the reader.
    if files.method == "dpo":
        columns = {**columns, "chosen": "chosen", "rejected": "rejected"}
        return {**entry, "ranking": True, "columns": columns}
    if files.method == "kto":
        columns = {**columns, "kto_tag": "kto_tag"}
    return {**entry, "columns": columns}
