"""How this process uses torch: threads, number format, and which models it understands."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import transformers

from tuneworthy.core.errors import ModelProblem

DTYPE_VARIABLE = "TUNEWORTHY_DTYPE"
_NATIVE_BF16 = ("amx_bf16", "avx512_bf16")
ARCHITECTURES = ("llama", "mistral", "qwen2", "qwen3")

transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()


@contextmanager
def quiet() -> Iterator[None]:
    """Hide warnings that the libraries give each other; ours are raised as problems."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pin_threads(threads: int) -> None:
    """Use exactly ``threads`` threads; the sums, and so the weights, depend on their number."""
    torch.set_num_threads(max(1, threads))


def compute_dtype() -> Any:
    """bfloat16 where the processor multiplies it in hardware, float32 elsewhere.

    Emulated bfloat16 is several times slower than float32, native bfloat16 several times faster.
    The choice follows from the processor alone, never from a timing, so that a resumed run makes
    the same one. ``TUNEWORTHY_DTYPE`` overrides it.
    """
    wish = os.environ.get(DTYPE_VARIABLE, "")
    if wish:
        if wish not in {"float32", "bfloat16"}:
            raise ModelProblem(
                "bad_dtype",
                f"{DTYPE_VARIABLE} is {wish!r}.",
                fix=f"Set {DTYPE_VARIABLE} to float32 or bfloat16, or unset it.",
            )
        return getattr(torch, wish)
    read = getattr(torch.cpu, "get_capabilities", None)
    capabilities: dict[str, bool] = read() if read else {}
    native = any(capabilities.get(name, False) for name in _NATIVE_BF16)
    return torch.bfloat16 if native else torch.float32


def dtype_name() -> str:
    """The number format's plain name."""
    return str(compute_dtype()).removeprefix("torch.")


def check_architecture(config: Any) -> None:
    """Raise ModelProblem unless full causal attention of a known family is all the model needs."""
    family = str(getattr(config, "model_type", ""))
    window = getattr(config, "sliding_window", None)
    if family not in ARCHITECTURES:
        raise ModelProblem(
            "unknown_architecture",
            f"The base model is of family {family!r}.",
            why=f"In-process models may be: {', '.join(ARCHITECTURES)}.",
            fix="Serve it behind an OpenAI-compatible endpoint and set base_model to its URL.",
        )
    if window and getattr(config, "use_sliding_window", True):
        raise ModelProblem(
            "unknown_architecture",
            f"The base model uses sliding-window attention ({window} tokens).",
            why="In-process models need full attention.",
            fix="Serve it behind an OpenAI-compatible endpoint and set base_model to its URL.",
        )
