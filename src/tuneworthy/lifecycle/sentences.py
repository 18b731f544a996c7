"""The embedded sentence model as the checks of data ask it: late, and once for a text."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from tuneworthy import adapters


def sentence_vectors() -> Callable[[Sequence[str]], Any] | None:
    """Unit vectors of texts, (n, d) float32; None where the model is not installed.

    The model is loaded when a check first asks, and the same texts are embedded once.
    """
    if not adapters.has_embedder():
        return None
    known: dict[bytes, Any] = {}
    held: dict[str, Any] = {}

    def embed(texts: Sequence[str]) -> Any:
        key = hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).digest()
        if key not in known:
            if "model" not in held:
                held["model"] = adapters.load_embedder()
            known[key] = held["model"].embed(texts)
        return known[key]

    return embed
