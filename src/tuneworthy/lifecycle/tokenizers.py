"""Tokenizers by the names that users give them."""

from pathlib import Path

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.model_settings import EMBEDDED
from tuneworthy.core.ports import Tokenizer


def tokenizer_named(name: str) -> Tokenizer:
    """The tokenizer of ``embedded`` or of a model's folder. Nothing is downloaded.

    Raises:
        ConfigProblem: No such folder.
        ModelProblem: No tokenizer in it, or what runs it is not installed.
    """
    if name == EMBEDDED:
        return adapters.load_tokenizer(adapters.embedded_model_dir())
    folder = Path(name)
    if not folder.is_dir():
        raise ConfigProblem(
            "no_tokenizer_folder",
            f"{name} is no folder.",
            why="Nothing is downloaded: the tokenizer must be here.",
            fix="Name a model's folder with its tokenizer.json, or: embedded",
        )
    return adapters.load_tokenizer(folder)
