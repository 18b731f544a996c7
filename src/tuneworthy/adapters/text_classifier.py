"""A sequence classifier of a local folder, as a recogniser: safetensors alone, no code of its own.

A text longer than the model reads is read in windows that overlap; each label has the score of the
window in which it is highest, so that nothing hides at the end.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tuneworthy.adapters.base_weights import base_digest
from tuneworthy.adapters.torch_runtime import pin_threads, quiet
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress
from tuneworthy.methods.canonical import digest, digest_file

READING = 1
"""Goes up when the same weights would give other scores."""
BATCH = 16
WINDOW, OVERLAP = 512, 32
"""Tokens, at most."""
_TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.txt", "vocab.json", "merges.txt", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip
"""Files that decide how text becomes tokens."""


def classifier_digest(folder: Path) -> str:
    """Digest of weights, configuration and tokenizer. Raises ModelProblem."""
    try:
        weights = base_digest(folder)
    except ModelProblem as fault:
        raise _none(folder, fault.why) from fault
    files = [folder / name for name in _TOKENIZER if (folder / name).is_file()]
    read = {path.name: digest_file(path) for path in files}
    return digest({"classifier": weights, "tokenizer": read, "reading": READING})


def classifier_labels(folder: Path) -> tuple[str, ...]:
    """The labels that its configuration names. Raises ModelProblem."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        names = config["id2label"]
        return tuple(str(names[key]) for key in sorted(names, key=int))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _none(folder, "Its config.json names no labels (id2label).") from fault


class TextClassifier:
    """Answers a text with its scores, a JSON object of label to 0..1.

    Labels share 1 (softmax); where there is one alone, or the configuration says
    ``multi_label_classification``, each stands for itself (sigmoid).

    Raises:
        ModelProblem: The folder holds no classifier that can be loaded.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        self.name = folder.name
        self.digest = classifier_digest(folder)
        self._labels = classifier_labels(folder)
        pin_threads(threads)
        self._tokenizer, self._model = _load(folder)
        config = self._model.config
        several = str(getattr(config, "problem_type", "")) == "multi_label_classification"
        self._apart = several or len(self._labels) == 1
        room = getattr(config, "max_position_embeddings", None) or WINDOW
        self._window = min(WINDOW, int(room), int(self._tokenizer.model_max_length))

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        """The scores of each request's last message, in the order given."""
        texts = [request.messages[-1].content for request in requests]
        replies: list[ChatReply | None] = [None] * len(texts)
        # Texts of like length share a batch, so that little is spent on padding.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            for row, found in zip(rows, self._batch([texts[row] for row in rows]), strict=True):
                replies[row] = found
            if progress:
                progress("recognise", start + len(rows), len(texts))
        return [reply for reply in replies if reply is not None]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """The scores at once."""
        yield self.chat([request])[0].text

    def _batch(self, texts: list[str]) -> Iterator[ChatReply]:
        tokens = self._tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=self._window,
            stride=min(OVERLAP, self._window // 4),
            return_overflowing_tokens=True,
            return_tensors="pt",
        )
        of = tokens.pop("overflow_to_sample_mapping").tolist()
        with torch.no_grad():
            logits = self._model(**tokens).logits.float()
        scores = logits.sigmoid() if self._apart else logits.softmax(dim=-1)
        for number in range(len(texts)):
            windows = scores[[row for row, text in enumerate(of) if text == number]]
            best = windows.max(dim=0).values.tolist()
            yield ChatReply(
                text=json.dumps(dict(zip(self._labels, best, strict=True))),
                prompt_tokens=0,
                completion_tokens=0,
                finish_reason="stop",
            )


def _load(folder: Path) -> tuple[Any, Any]:
    safe = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet():
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, use_fast=True, **safe)
            model, told = AutoModelForSequenceClassification.from_pretrained(
                folder,
                dtype=torch.float32,
                use_safetensors=True,
                output_loading_info=True,
                **safe,
            )
    except (OSError, ValueError, KeyError, RuntimeError) as fault:
        raise _none(folder, str(fault).partition("\n")[0]) from fault
    if missing := sorted(told["missing_keys"]):
        # A chat model or a bare encoder would be given a head of random numbers.
        raise _none(folder, f"Its weights lack {missing[0]}: it was not trained to classify.")
    if not tokenizer.is_fast:
        raise _none(folder, "Its tokenizer has no fast form.")
    model.eval()
    return tokenizer, model


def _none(folder: Path, why: str) -> ModelProblem:
    return ModelProblem(
        "no_classifier",
        f"The recogniser in {folder} cannot be loaded.",
        why=why,
        fix="Name a folder with a sequence classifier: config.json with id2label, safetensors and "
        "a tokenizer.",
    )
