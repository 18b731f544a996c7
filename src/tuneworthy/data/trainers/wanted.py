"""What a training configuration is made from."""

from typing import Any, Literal, NamedTuple

from tuneworthy.core.nouns.run import TrainSettings

Method = Literal["sft", "dpo", "kto"]


NEEDS: dict[str, dict[Method, str]] = {
    "trl": {"sft": "prompt_completion", "dpo": "preference", "kto": "kto"},
    "unsloth": {"sft": "prompt_completion", "dpo": "preference", "kto": "kto"},
    "axolotl": {"sft": "openai_chat", "dpo": "preference"},
    "llama_factory": {"sft": "sharegpt", "dpo": "sharegpt_preference", "kto": "sharegpt_kto"},
    "oumi": {"sft": "openai_chat"},
}
"""Trainer and method to the format to export the data in."""


class Files(NamedTuple):
    """The exported data, the base model, and where the run goes."""

    train: str
    """A file in the format that ``NEEDS`` names for the trainer and the method."""
    model: str
    """A name on the Hub or a folder."""
    validation: str = ""
    """As ``train``; empty for none."""
    method: Method = "sft"
    output: str = "output"
    template: str = ""
    """LLaMA-Factory's name for the model's chat template; it cannot be told from the weights."""
    tools: frozenset[str] = frozenset()
    """Those of the files in which a row declares tools."""


class Wanted(NamedTuple):
    """Settings and files together."""

    settings: TrainSettings
    files: Files


def hf_arguments(wanted: Wanted) -> dict[str, Any]:
    """What ``transformers.TrainingArguments`` and its kin call the settings."""
    settings, files = wanted
    arguments: dict[str, Any] = {
        "output_dir": files.output,
        "learning_rate": settings.learning_rate,
        "num_train_epochs": settings.num_train_epochs,
        "per_device_train_batch_size": settings.per_device_train_batch_size,
        "lr_scheduler_type": settings.lr_scheduler_type,
        "weight_decay": settings.weight_decay,
        "seed": settings.seed,
        "save_steps": settings.save_steps,
    }
    if files.validation:
        arguments["eval_strategy"] = "epoch"
    return arguments


def layer_note(settings: TrainSettings) -> str:
    """A comment line where the trainer cannot be told to adapt the last layers alone."""
    if settings.lora_layers is None:
        return ""
    return f"# Here every layer is adapted; the project adapts the last {settings.lora_layers}.\n"
