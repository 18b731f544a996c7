"""tuneworthy eval perplexity, against a plain forward pass of transformers."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from click.testing import CliRunner  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402, TID253

import tuneworthy  # noqa: E402
from tuneworthy.adapters import embedded_model_dir  # noqa: E402
from tuneworthy.adapters.torch_runtime import DTYPE_VARIABLE  # noqa: E402
from tuneworthy.cli.main import cli  # noqa: E402
from tuneworthy.core.errors import ConfigProblem, UsageProblem  # noqa: E402

TEXTS = ["The capital of France is Paris.", "Ein Satz über Äpfel.", "xq zv! 17 0 pq"]


@pytest.fixture(scope="module", autouse=True)
def exact() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DTYPE_VARIABLE, "float32")
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("perplexity") / "project"
    tuneworthy.init(folder, "tools")
    rows = [json.dumps({"text": text}) for text in [*TEXTS, " "]]
    (folder / "texts.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return folder


def plainly(texts: list[str]) -> tuple[float, int]:
    """Sum of the log-probabilities, and tokens, one text at a time."""
    tokenizer: Any = AutoTokenizer.from_pretrained(embedded_model_dir())
    model: Any = AutoModelForCausalLM.from_pretrained(embedded_model_dir(), dtype=torch.float32)
    total, count = 0.0, 0
    for text in texts:
        ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False).input_ids]
        with torch.no_grad():
            loss = model(torch.tensor([ids]), labels=torch.tensor([ids])).loss
        total -= float(loss) * (len(ids) - 1)
        count += len(ids) - 1
    return total, count


def test_figures_are_those_of_a_plain_forward_pass(home):
    total, count = plainly(TEXTS)
    with tuneworthy.open(home, actor="ada") as work:
        found = work.perplexity(home / "texts.jsonl")
        kept = [item for item in work.evidence() if item.about == "eval.perplexity"]
    size = sum(len(text.encode()) for text in TEXTS)
    assert (found.n, found.bytes, found.base.tokens) == (3, size, count)
    assert found.base.bits_per_byte == pytest.approx(-total / math.log(2) / size, abs=1e-4)
    assert found.base.perplexity == pytest.approx(math.exp(-total / count), rel=1e-4)
    assert kept[-1].result["base"]["tokens"] == count
    assert not any(text in json.dumps(kept[-1].result) for text in TEXTS)


def test_a_plain_file_is_one_text(home):
    (home / "text.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    total, count = plainly(["\n".join(TEXTS)])
    with tuneworthy.open(home, actor="ada") as work:
        found = work.perplexity(home / "text.txt")
    assert (found.n, found.base.tokens) == (1, count)
    assert found.base.perplexity == pytest.approx(math.exp(-total / count), rel=1e-4)


def test_what_is_missing_is_told(home):
    (home / "empty.jsonl").write_text('{"words": "x"}\n', encoding="utf-8")
    with tuneworthy.open(home, actor="ada") as work:
        with pytest.raises(ConfigProblem) as caught:
            work.perplexity(home / "empty.jsonl")
        assert caught.value.code == "no_texts"
        with pytest.raises(ConfigProblem) as caught:
            work.perplexity(home / "texts.jsonl", tuned=True)
        assert caught.value.code == "no_version"
        with pytest.raises(UsageProblem):
            work.perplexity(home / "texts.jsonl", suite="main")


def test_the_command_tells_tokens_perplexity_and_bits(home):
    said = CliRunner().invoke(
        cli, ["-C", str(home), "--as", "ada", "eval", "perplexity", str(home / "texts.jsonl")]
    )
    assert said.exit_code == 0, said.output
    assert "3 texts of texts.jsonl, by themselves" in said.output
    assert "bits per byte" in said.output
