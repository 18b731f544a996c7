"""The digest of a base covers whatever its loader can read, or the folder is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tuneworthy.adapters import base_identity, embedded_model_dir  # noqa: E402
from tuneworthy.adapters.local_model import TransformersModel  # noqa: E402
from tuneworthy.core.errors import ModelProblem  # noqa: E402

INDEX = "model.safetensors.index.json"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def tiny(folder: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=49152, hidden_size=8, intermediate_size=8, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64, eos_token_id=2,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder, max_shard_size="2MB")
    for name in TOKENIZER:
        shutil.copy(embedded_model_dir() / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("bases") / "base", 0)


@pytest.fixture
def base(sharded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sharded, tmp_path / "base")


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    told = json.loads(path.read_bytes()) if path.is_file() else {}
    change(told)
    path.write_text(json.dumps(told))


def lead_index(base: Path, name: str) -> None:
    def change(told: dict[str, Any]) -> None:
        told["weight_map"] = dict.fromkeys(told["weight_map"], name)

    rewrite(base / INDEX, change)


def refused(base: Path) -> str:
    with pytest.raises(ModelProblem) as of_digest:
        base_identity(base)
    with pytest.raises(ModelProblem) as of_load:
        TransformersModel(base, None, threads=1)
    assert of_digest.value.code == of_load.value.code == "no_base_model"
    assert of_digest.value.why == of_load.value.why
    return of_digest.value.why


def test_a_sharded_base_is_loaded_under_the_digest_that_is_told(base: Path) -> None:
    assert (base / INDEX).is_file()
    model = TransformersModel(base, None, threads=1)
    assert model.base_digest == base_identity(base).base
    assert model.tokenizer_digest == base_identity(base).tokenizer
    assert model.template_digest == base_identity(base).template


@pytest.mark.parametrize("where", ["sub/model.safetensors", "../other/model.safetensors", "x.bin"])
def test_an_index_that_leads_out_of_the_folder_is_refused(base: Path, where: str) -> None:
    evil = base / where
    evil.parent.mkdir(exist_ok=True)
    shutil.copy(next(base.glob("*.safetensors")), evil)
    lead_index(base, where)
    assert repr(where) in refused(base)


def test_a_broken_index_is_refused(base: Path) -> None:
    for text in ("", "[]", '{"weight_map": 3}', '{"weight_map": {"a": 3}}', "{}"):
        (base / INDEX).write_text(text)
        assert INDEX in refused(base)


def test_which_file_a_weight_comes_from_is_in_the_digest(base: Path) -> None:
    before = base_identity(base).base
    lead_index(base, sorted(p.name for p in base.glob("*.safetensors"))[0])
    assert base_identity(base).base != before


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("config.json", "transformers_weights"),
        ("config.json", "configuration_files"),
        ("tokenizer_config.json", "fast_tokenizer_files"),
    ],
)
def test_settings_that_name_other_files_are_refused(base: Path, name: str, key: str) -> None:
    rewrite(base / name, lambda told: told.update({key: ["other.5.0.0.json"]}))
    with pytest.raises(ModelProblem) as caught:
        base_identity(base)
    assert key in caught.value.why


def test_an_adapter_beside_the_weights_is_refused(base: Path) -> None:
    (base / "adapter_config.json").write_text('{"base_model_name_or_path": "/elsewhere"}')
    assert "adapter_config.json" in refused(base)


def test_where_answers_end_is_in_the_digest(base: Path) -> None:
    before = base_identity(base).base
    (base / "generation_config.json").unlink()
    assert base_identity(base).base == before
    rewrite(base / "generation_config.json", lambda told: told.update(eos_token_id=[2, 17]))
    assert base_identity(base).base != before
    assert 17 in TransformersModel(base, None, threads=1)._decoder._ends


def test_what_a_tokenizer_may_be_made_of_is_in_its_digest(base: Path) -> None:
    before = base_identity(base).tokenizer
    (base / "special_tokens_map.json").write_text('{"eos_token": "<|im_start|>"}')
    assert base_identity(base).tokenizer != before


def test_several_chat_templates_have_one_digest(base: Path) -> None:
    before = base_identity(base).template
    more = base / "additional_chat_templates"
    more.mkdir()
    (more / "short.jinja").write_text("{{ messages }}")
    after = base_identity(base).template
    assert after != before
    (more / "short.jinja").write_text("{{ messages[0] }}")
    assert base_identity(base).template not in {before, after}
