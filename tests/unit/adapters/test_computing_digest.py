"""What decides an answer beside the weights has a digest of its own."""

import importlib
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tuneworthy.adapters import computing_digest
from tuneworthy.adapters.torch_runtime import DTYPE_VARIABLE
from tuneworthy.core.errors import ModelProblem


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(DTYPE_VARIABLE, "float32")
    ends_with(tmp_path, 2)
    return tmp_path


def ends_with(base: Path, token: int, **more: object) -> None:
    text = json.dumps({"eos_token_id": token, **more})
    (base / "generation_config.json").write_text(text, encoding="utf-8")


def test_the_number_format_makes_another_one(base, monkeypatch):
    before = computing_digest(base)
    monkeypatch.setenv(DTYPE_VARIABLE, "bfloat16")
    assert computing_digest(base) != before
    monkeypatch.setenv(DTYPE_VARIABLE, "float32")
    assert computing_digest(base) == before


@pytest.mark.parametrize("library", ["torch", "transformers"])
def test_so_does_another_release_of_a_library_that_computes(base, library, monkeypatch):
    before = computing_digest(base)
    # Asked for there: other tests have it loaded anew.
    module = importlib.import_module("tuneworthy.adapters.base_weights")
    monkeypatch.setattr(getattr(module, library), "__version__", "0.0.1")
    assert computing_digest(base) != before


def test_so_does_another_token_that_ends_an_answer_and_nothing_that_names_a_release(base):
    before = computing_digest(base)
    ends_with(base, 2, transformers_version="9.9")
    assert computing_digest(base) == before
    ends_with(base, 3)
    assert computing_digest(base) != before
    (base / "generation_config.json").unlink()
    assert computing_digest(base) != before


def test_a_broken_file_is_told(base):
    (base / "generation_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelProblem) as caught:
        computing_digest(base)
    assert caught.value.code == "no_base_model"
    assert "generation_config.json" in caught.value.why
