"""The same answers as the kernels give, with numpy: few texts need nothing compiled."""

import math
from collections.abc import Sequence

import numpy as np

from tuneworthy.methods.neardup import signature
from tuneworthy.methods.neardup.candidates import Candidates, Work
from tuneworthy.methods.neardup.sets import EPSILON, Sets
from tuneworthy.methods.neardup.text import I64, U32


def band_keys_of(texts: Sequence[str]) -> U32:
    """Band keys, shape (texts, 32)."""
    return signature.band_keys_of(Sets(texts))


def owners(
    texts: Sequence[str], candidates: Candidates, threshold: float, work: Work, *, chained: bool
) -> list[int]:
    """The owner of each text, as ``kernel_pairs.spread`` says it."""
    sets = Sets(texts)
    alive = np.ones(len(texts), dtype=bool)
    owner = list(range(len(texts)))
    work.crowded += candidates.crowded
    for first in np.flatnonzero((candidates.start >= 0).any(axis=0)).tolist():
        if not alive[first]:
            continue
        alive[first] = False
        queue = [first]
        while queue:
            at = queue.pop()
            pool = candidates.mates(at)
            pool = pool[alive[pool]]
            work.compared += len(pool)
            near = sets.compare(at, pool, threshold)[0]
            alive[near] = False
            for found in near.tolist():
                owner[found] = first
            if chained:
                queue.extend(near.tolist())
    return owner


def nearest_twins(
    queries: Sequence[str], corpus: Sequence[str], threshold: float = 0.7
) -> list[int]:
    """For each query the index of its most similar corpus text, or -1; see the package."""
    if not queries or not corpus:
        return [-1] * len(queries)
    sets = Sets([*queries, *corpus])
    rank = sets.rarity()
    postings = _prefix_postings(sets, rank, range(len(queries), sets.count), threshold)
    answer = []
    for query in range(len(queries)):
        prefix = _prefix(sets, rank, query, threshold)
        pool = [postings[i] for i in prefix.tolist() if i in postings]
        if not pool:
            answer.append(-1)
            continue
        candidates = np.unique(np.concatenate(pool))
        candidates, score = sets.compare(query, candidates, threshold)
        best = int(candidates[np.argmax(score)]) if candidates.size else -1
        answer.append(best - len(queries) if best >= 0 else -1)
    return answer


def _prefix(sets: Sets, rank: I64, row: int, threshold: float) -> I64:
    # A set that shares t of its n shingles must share one of its n - ceil(t n) + 1 rarest.
    ids = sets.row(row)
    ordered = ids[np.argsort(rank[ids])]
    return ordered[: len(ids) - math.ceil(threshold * len(ids) - EPSILON) + 1]


def _prefix_postings(
    sets: Sets, rank: I64, rows: Sequence[int], threshold: float
) -> dict[int, I64]:
    prefixes = [_prefix(sets, rank, row, threshold) for row in rows]
    owner = np.repeat(np.asarray(rows, dtype=np.int64), [len(p) for p in prefixes])
    ids = np.concatenate(prefixes)
    order = np.argsort(ids, kind="stable")
    ids, owner = ids[order], owner[order]
    cuts = np.flatnonzero(np.diff(ids)) + 1
    heads = ids[np.concatenate(([0], cuts))]
    return dict(zip(heads.tolist(), np.split(owner, cuts), strict=True))
