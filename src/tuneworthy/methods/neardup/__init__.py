"""Near-duplicate texts: char-5 shingles, one-permutation hashing, LSH, exact verification.

Candidates come from banded signatures (``signature`` has the sources). Every candidate is then
verified by its true Jaccard similarity over char-5 shingles (compared as 52-bit hashes).
``nearest_twins`` uses no hashing luck at all: it is a prefix-filter join (Chaudhuri, Ganti,
Kaushik 2006; Wang, Li, Feng 2012). ``contaminated`` looks for shared runs of eight words.

Normalisation makes keys to compare by; the texts themselves are never altered. A text shorter
than five characters is similar only to itself.

Texts are a sequence of str or a pyarrow (large, chunked) string array. From 5,000 texts on,
compiled kernels do the work, below that numpy does; the answers are the same.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from tuneworthy.methods.neardup import small
from tuneworthy.methods.neardup.candidates import CROWD, Candidates, Work, candidates_from
from tuneworthy.methods.neardup.text import U32, jaccard, normalise, shingles
from tuneworthy.methods.neardup.words import SPAN, shared_runs

__all__ = [
    "CROWD",
    "Candidates",
    "Work",
    "candidates_from",
    "contaminated",
    "group_similar",
    "jaccard",
    "keep_stars",
    "nearest_twins",
    "normalise",
    "shingles",
    "signatures",
]

MANY = 5000
"""Texts from which the kernels are worth loading."""

Texts = Sequence[str] | Any
"""A sequence of str, or a pyarrow string array."""


def signatures(texts: Texts) -> U32:
    """Band keys, shape (texts, 32): texts that share a key in a column may be similar.

    A pure function of each text alone, so batches may be signed anywhere and stacked.
    """
    if len(texts) < MANY:
        return small.band_keys_of(_listed(texts))
    from tuneworthy.methods.neardup import large  # noqa: PLC0415 - loads numba

    return large.band_keys_of(texts)


def group_similar(
    texts: Texts,
    threshold: float = 0.7,
    *,
    band_keys: U32 | None = None,
    work: Work | None = None,
) -> list[int]:
    """Transitive groups: each text gets the smallest index of the group it belongs to.

    Two texts stand in one group when a chain of pairs, each at ``threshold`` or more, joins them.

    Args:
        texts: The texts.
        threshold: Least Jaccard similarity of a pair, 0..1.
        band_keys: What ``signatures`` gave for these texts, if that was done before.
        work: Takes what the search took and gave up.
    """
    return _owners(texts, threshold, None, band_keys, work or Work(), chained=True)


def keep_stars(
    texts: Texts,
    threshold: float = 0.8,
    same: Sequence[Hashable] | None = None,
    *,
    band_keys: U32 | None = None,
    work: Work | None = None,
) -> list[int]:
    """For each text the index of the copy to keep; its own index when it is kept itself.

    Earlier texts are kept before later ones. A text is given up only for a kept copy that is
    itself at ``threshold`` or more, never by way of a chain.

    Args:
        texts: In order of preference.
        threshold: Least Jaccard similarity, 0..1.
        same: Values that must be equal for two texts to be called copies.
        band_keys: What ``signatures`` gave for these texts, if that was done before.
        work: Takes what the search took and gave up.
    """
    return _owners(texts, threshold, same, band_keys, work or Work(), chained=False)


def nearest_twins(queries: Texts, corpus: Texts, threshold: float = 0.7) -> list[int]:
    """For each query the index of its most similar corpus text, or -1 when none is that near.

    Exact: no pair at ``threshold`` or more is missed. Of equals the first is named.
    """
    if len(queries) + len(corpus) < MANY:
        return small.nearest_twins(_listed(queries), _listed(corpus), threshold)
    from tuneworthy.methods.neardup import large  # noqa: PLC0415 - loads numba

    return large.nearest_twins(queries, corpus, threshold)


def contaminated(texts: Texts, benchmark_texts: Texts) -> list[int]:
    """For each text the index of the first benchmark text it shares eight words in a row with.

    -1 when there is none. Words are runs of letters and digits of the normalised text. A benchmark
    text of fewer than eight words is found only in a text of just these words.
    """
    if len(texts) + len(benchmark_texts) < MANY:
        return shared_runs(_listed(texts), _listed(benchmark_texts), SPAN)
    from tuneworthy.methods.neardup import large  # noqa: PLC0415 - loads numba

    return large.contaminated(texts, benchmark_texts)


def _owners(
    texts: Texts,
    threshold: float,
    same: Sequence[Hashable] | None,
    band_keys: U32 | None,
    work: Work,
    *,
    chained: bool,
) -> list[int]:
    if len(texts) >= MANY:
        from tuneworthy.methods.neardup import large  # noqa: PLC0415 - loads numba

        return large.owners(texts, threshold, same, band_keys, work, chained=chained)
    listed = _listed(texts)
    keys = small.band_keys_of(listed) if band_keys is None else np.asarray(band_keys)
    return small.owners(listed, candidates_from(keys, same), threshold, work, chained=chained)


def _listed(texts: Texts) -> Sequence[str]:
    if not hasattr(texts, "to_pylist"):
        return texts
    return [text or "" for text in texts.to_pylist()]
