"""Vectors of texts without a model: hashed character n-grams, weighted by rarity, folded by SVD.

For where no sentence embedder is installed. Texts are near when they share spellings, not meaning.

TF-IDF as in Salton and Buckley (1988), with logarithmic counts; hashing as in Weinberger et al.
(2009); randomised SVD of Halko, Martinsson and Tropp (2011) from a fixed seed.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tuneworthy.methods.neardup import normalise
from tuneworthy.methods.out_of_fold import F32, unit_rows

BUCKETS = 1 << 16
SIZES = (3, 4, 5)
DIMENSIONS = 256
EXTRA = 16
ROUNDS = 3
FAINT = 1e-3


def text_vectors(texts: Sequence[str], dimensions: int = DIMENSIONS, *, seed: int = 7) -> F32:
    """Unit rows, float32 [n, d] with d = ``dimensions``.

    A text of which the kept axes hold nothing is all zeros.
    The vectors belong to one call: those of another set of texts lie along other axes.
    """
    matrix = _weighted(texts)
    answer = np.zeros((len(texts), dimensions), dtype=np.float32)
    if not len(texts) or matrix.nnz == 0:
        return answer
    width = min(dimensions + EXTRA, len(texts))
    start = np.random.default_rng(seed).normal(size=(BUCKETS, width)).astype(np.float32)
    basis = np.linalg.qr(matrix @ start)[0]
    for _ in range(ROUNDS):
        basis = np.linalg.qr(matrix @ (matrix.T @ basis))[0]
    # The squared singular values and the left vectors of the small side, largest first.
    across = matrix.T @ basis
    squares, left = np.linalg.eigh(across.T @ across)
    squares, left = squares[::-1], left[:, ::-1]
    kept = min(dimensions, len(squares))
    answer[:, :kept] = (basis @ left[:, :kept]) * np.sqrt(np.maximum(squares[:kept], 0))
    # What is left of a text outside the kept axes is rounding, not a direction.
    answer[np.linalg.norm(answer, axis=1) < FAINT] = 0
    return unit_rows(answer)


def _weighted(texts: Sequence[str]) -> Any:
    """The sparse TF-IDF matrix [n, BUCKETS], rows of length one."""
    from scipy import sparse  # noqa: PLC0415 - takes a while to load

    rows: list[int] = []
    columns: list[int] = []
    weights: list[float] = []
    for row, text in enumerate(texts):
        often = Counter(_buckets(text))
        rows.extend([row] * len(often))
        columns.extend(often)
        weights.extend(1 + np.log(n) for n in often.values())
    shape = (len(texts), BUCKETS)
    matrix: Any = sparse.csr_array((np.array(weights, np.float32), (rows, columns)), shape=shape)
    held = np.bincount(np.array(columns, dtype=np.int64), minlength=BUCKETS)
    rarity = np.log((1 + len(texts)) / (1 + held)) + 1
    matrix = matrix.multiply(rarity[None, :].astype(np.float32)).tocsr()
    length = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    return matrix.multiply((1 / np.where(length > 0, length, 1))[:, None]).tocsr()


def _buckets(text: str) -> list[int]:
    """A bucket for each character n-gram inside each word, blanks at the word's ends counted."""
    found = []
    for word in normalise(text).split():
        framed = f" {word} ".encode("utf-32-le", "surrogatepass")
        for size in SIZES:
            for at in range(0, len(framed) - 4 * size + 1, 4):
                found.append(zlib.crc32(framed[at : at + 4 * size]) % BUCKETS)
    return found
