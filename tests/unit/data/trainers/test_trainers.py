"""Ready configurations: their names are the trainers' own, their values the project's."""

import ast
import inspect
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.data.formats.out import WRITERS
from tuneworthy.data.trainers import NEEDS, TRAINERS, Files, configuration
from tuneworthy.data.trainers.trl import arguments
from tuneworthy.data.trainers.wanted import Wanted
from tuneworthy.data.yaml_text import yaml_text

SETTINGS = TrainSettings(learning_rate=1e-5, num_train_epochs=2.0, lora_layers=None)
METHODS = [(trainer, method) for trainer, methods in NEEDS.items() for method in methods]

# Read in axolotl 067b021 (axolotl/utils/schemas), LLaMA-Factory ff6d4d1 (data/README.md, hparams,
# transformers' Seq2SeqTrainingArguments) and oumi d8ed077 (core/configs/params).
AXOLOTL = {
    "base_model", "datasets", "test_datasets", "chat_template", "sequence_len", "rl", "seed",
    "excess_length_strategy", "sample_packing", "adapter", "lora_r", "lora_alpha", "lora_dropout",
    "lora_target_linear", "learning_rate", "num_epochs", "micro_batch_size", "lr_scheduler",
    "gradient_accumulation_steps", "warmup_ratio", "weight_decay", "optimizer", "bf16",
    "save_steps", "output_dir",
}  # fmt: skip
AXOLOTL_DATA = {
    "path", "split", "type", "ds_type", "field_messages", "roles_to_train", "field_chosen",
    "field_rejected",
}  # fmt: skip
LLAMA_FACTORY = {
    "model_name_or_path", "stage", "do_train", "finetuning_type", "lora_rank", "lora_alpha",
    "lora_dropout", "lora_target", "dataset_dir", "dataset", "eval_dataset", "template",
    "cutoff_len", "mask_history", "output_dir", "learning_rate", "num_train_epochs",
    "per_device_train_batch_size", "lr_scheduler_type", "warmup_ratio", "weight_decay", "seed",
    "save_steps", "eval_strategy",
}  # fmt: skip
LLAMA_FACTORY_COLUMNS = {"messages", "tools", "chosen", "rejected", "kto_tag"}
OUMI = {
    "model": {"model_name", "model_max_length"},
    "data": {"train", "validation"},
    "training": {
        "trainer_type", "use_peft", "output_dir", "learning_rate", "num_train_epochs",
        "per_device_train_batch_size", "lr_scheduler_type", "warmup_ratio", "weight_decay", "seed",
        "save_steps", "eval_strategy",
    },
    "peft": {"lora_r", "lora_alpha", "lora_dropout"},
}  # fmt: skip


def files(method: Any = "sft", **more: Any) -> Files:
    return Files("out/train.jsonl", "org/model", "out/val.jsonl", method=method, **more)


def load(text: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found


@pytest.mark.parametrize(("trainer", "method"), METHODS)
def test_every_trainer_gets_files_and_a_format_that_is_written(trainer, method):
    made = configuration(trainer, SETTINGS, files(method))
    assert NEEDS[trainer][method] in WRITERS
    assert any("org/model" in text for text in made.values())
    for name, text in made.items():
        assert text.endswith("\n")
        if name.endswith(".py"):
            ast.parse(text)
        elif name.endswith(".yaml"):
            assert load(text)


@pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning")
def test_trl_takes_every_argument():
    trl = pytest.importorskip("trl", reason="TRL is not installed")
    kinds = {"sft": trl.SFTConfig, "dpo": trl.DPOConfig, "kto": trl.KTOConfig}
    for method, kind in kinds.items():
        names = arguments(Wanted(SETTINGS, files(method)))
        assert names.keys() <= inspect.signature(kind).parameters.keys()
    made = trl.SFTConfig(**arguments(Wanted(SETTINGS, files())), use_cpu=True, bf16=False)
    assert (made.learning_rate, made.max_length) == (1e-5, 512)
    assert made.get_warmup_steps(100) == 5


def test_axolotl_reads_the_names():
    for method in ("sft", "dpo"):
        config = load(configuration("axolotl", SETTINGS, files(method))["axolotl.yaml"])
        assert config.keys() <= AXOLOTL
        for data in config["datasets"] + config["test_datasets"]:
            assert data.keys() <= AXOLOTL_DATA
        assert (config["learning_rate"], config["micro_batch_size"]) == (1e-5, 8)


@pytest.mark.parametrize("method", ["sft", "dpo", "kto"])
def test_llama_factory_reads_the_names(method):
    made = configuration("llama_factory", SETTINGS, files(method, template="qwen"))
    config = load(made["llama_factory.yaml"])
    assert config.keys() <= LLAMA_FACTORY
    assert (config["stage"], config["template"], config["dataset_dir"]) == (method, "qwen", "out")
    described = json.loads(made["dataset_info.json"])
    assert described.keys() == {config["dataset"], config["eval_dataset"]}
    for entry in described.values():
        assert entry["columns"].keys() <= LLAMA_FACTORY_COLUMNS
        assert entry.get("ranking", False) == (method == "dpo")
        assert ("kto_tag" in entry["columns"]) == (method == "kto")


def test_oumi_reads_the_names():
    config = load(configuration("oumi", SETTINGS, files())["oumi.yaml"])
    assert config.keys() == OUMI.keys()
    for part, names in OUMI.items():
        assert config[part].keys() <= names
    assert config["training"]["num_train_epochs"] == 2
    assert config["data"]["train"]["datasets"][0]["dataset_path"] == "out/train.jsonl"


def test_what_a_trainer_cannot_be_told_is_said():
    partly = SETTINGS.model_copy(update={"lora_layers": 4})
    for trainer, name in (("axolotl", "axolotl.yaml"), ("oumi", "oumi.yaml")):
        assert "the last 4" in configuration(trainer, partly, files())[name]
    assert "LAYERS = 4" in configuration("trl", partly, files())["train_trl.py"]


@pytest.mark.parametrize(
    ("trainer", "settings_", "wanted"),
    [
        ("torchtune", SETTINGS, files()),
        ("axolotl", SETTINGS, files("kto")),
        ("axolotl", SETTINGS, files("dpo", tools=frozenset({"out/train.jsonl"}))),
        ("oumi", SETTINGS, files("dpo")),
        ("oumi", SETTINGS.model_copy(update={"num_train_epochs": 1.5}), files()),
    ],
)
def test_what_cannot_be_trained_is_refused(trainer, settings_, wanted):
    with pytest.raises(UsageProblem) as caught:
        configuration(trainer, settings_, wanted)
    assert caught.value.fix


def test_every_trainer_is_described():
    assert TRAINERS.keys() == NEEDS.keys()


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.none() | st.booleans() | st.integers() | st.text() | FLOATS
NESTED = st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), PLAIN, min_size=1, max_size=3)


@given(
    st.dictionaries(
        st.from_regex("k[a-z]{1,5}", fullmatch=True),
        PLAIN | NESTED | st.lists(NESTED, min_size=1, max_size=2),
        min_size=1,
    )
)
@settings(max_examples=200, deadline=None)
def test_yaml_reads_back_the_same(config):
    keyed = {f"x{name}": value for name, value in config.items()}
    assert load(yaml_text(keyed)) == keyed


def test_small_numbers_are_numbers_in_old_yaml_too():
    assert yaml_text({"a": 1e-05, "b": 0.1}) == "a: 1.0e-05\nb: 0.1\n"
