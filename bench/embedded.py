"""Sentence vectors of the packaged MiniLM, each text embedded once and kept on disk.

The file stands in ``build/bench``; delete it to embed anew.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STORE = Path("build/bench/vectors.npz")


class Embedded:
    """A callable: texts to float32 unit rows; remembers what it has seen."""

    def __init__(self) -> None:
        self._model: Any = None
        self._rows: dict[str, NDArray[np.float32]] = {}
        if STORE.is_file():
            held = np.load(STORE)
            self._rows = dict(zip(held["keys"].tolist(), held["rows"], strict=True))
        self._new = 0

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of shape [len(texts), 384]."""
        keys = [
            hashlib.blake2b(t.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
            for t in texts
        ]
        missing = {
            key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows
        }
        if missing:
            if self._model is None:
                from tuneworthy.adapters.minilm import MiniLm

                self._model = MiniLm()
            rows = self._model.embed(list(missing.values()))
            self._rows.update(zip(missing, rows, strict=True))
            self._new += len(missing)
        return (
            np.stack([self._rows[key] for key in keys]) if keys else np.zeros((0, 384), np.float32)
        )

    def save(self) -> None:
        """Write what was embedded since the last time."""
        if self._new:
            STORE.parent.mkdir(parents=True, exist_ok=True)
            np.savez(
                STORE, keys=np.array(list(self._rows)), rows=np.stack(list(self._rows.values()))
            )
            self._new = 0
