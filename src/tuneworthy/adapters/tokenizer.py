"""A model's tokenizer from its folder, without the model. Nothing is downloaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as Fast

from tuneworthy.core.errors import ModelProblem

_AT_ONCE = 512


class FolderTokenizer:
    """The tokens of texts, without the marks that a chat template adds."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._fast: Any = _load(folder)
        # A text must not be cut or filled up to be counted.
        self._fast.no_truncation()
        self._fast.no_padding()
        name = getattr(self._fast.model, "unk_token", None)
        self.unknown: int | None = self._fast.token_to_id(name) if name else None

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text."""
        found: list[list[int]] = []
        for start in range(0, len(texts), _AT_ONCE):
            part = list(texts[start : start + _AT_ONCE])
            encoded = self._fast.encode_batch_fast(part, add_special_tokens=False)
            found += [one.ids for one in encoded]
        return found


def _load(folder: Path) -> Any:
    path = folder / "tokenizer.json"
    if path.is_file():
        try:
            return Fast.from_file(str(path))
        except Exception as fault:
            raise _unusable(folder, f"tokenizer.json: {fault}") from fault
    from transformers import AutoTokenizer  # noqa: PLC0415 - older files are converted by it

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True).backend_tokenizer
    except (OSError, ValueError, AttributeError, ImportError) as fault:
        raise _unusable(folder, str(fault).splitlines()[0]) from fault


def _unusable(folder: Path, why: str) -> ModelProblem:
    return ModelProblem(
        "no_tokenizer",
        f"There is no tokenizer in {folder} that can be used.",
        why=why[:300],
        fix="Name a model's folder with its tokenizer.json, or: embedded",
    )
