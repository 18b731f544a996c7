"""How varied a set of texts is: three measures that fail in different ways. Never give one alone.

Friedman and Dieng (2023), "The Vendi Score", Trans. Mach. Learn. Res.; Li et al. (2016), "A
Diversity-Promoting Objective Function" (distinct-n); Shaib et al. (2024), "Standardizing the
Measurement of Text Diversity" (compression ratio).
"""

import zlib
from collections.abc import Sequence

import numpy as np

from tuneworthy.methods.ngrams import tokens
from tuneworthy.methods.out_of_fold import F32, unit_rows

BUDGET = 20_000


def distinct(texts: Sequence[str], n: int = 2, *, budget: int = BUDGET, seed: int = 7) -> float:
    """Different n-grams over all n-grams in ``budget`` tokens of the shuffled texts, 0..1.

    Without a budget it falls as a set grows. So only figures of one budget compare,
    and a set below the budget has none. It sees words, not meaning: paraphrases look varied, fixed
    phrases around varied facts look poor.
    """
    seen: set[tuple[str, ...]] = set()
    total, left = 0, budget
    for row in np.random.default_rng(seed).permutation(len(texts)).tolist():
        words = tokens(texts[row])[:left]
        left -= len(words)
        grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
        seen.update(grams)
        total += len(grams)
        if left <= 0:
            break
    return len(seen) / total if total else 0.0


def vendi_score(vectors: F32) -> float:
    """Effective number of different rows: the exponential of the entropy of the kernel's spectrum.

    The eigenvalues of the n x n cosine kernel over n are those of the d x d matrix X'X / n, so the
    cost is n d^2 + d^3. It lies between 1 and min(n, d), grows with n until it settles (some
    thousand rows), depends on the encoder, and is blind to duplication: rows repeated ever so
    often score the same. 0 for no rows.
    """
    rows = unit_rows(vectors).astype(np.float64)
    if not len(rows):
        return 0.0
    values = np.linalg.eigvalsh(rows.T @ rows / len(rows))
    kept = values[values > 1e-12]
    return float(np.exp(-np.sum(kept * np.log(kept)))) if kept.size else 0.0


def compression_ratio(texts: Sequence[str]) -> float:
    """Bytes over deflated bytes of the texts, one a line; 1 is varied, more is repetitive.

    Deflate looks back 32 kB, so copies farther apart than that are not seen, and the order of the
    texts matters: shuffle them first. Short sets score low. 1 for no text.
    """
    packer, plain, packed = zlib.compressobj(9), 0, 0
    for text in texts:
        data = text.encode("utf-8", "surrogatepass") + b"\n"
        plain += len(data)
        packed += len(packer.compress(data))
    packed += len(packer.flush())
    return plain / packed if plain else 1.0
