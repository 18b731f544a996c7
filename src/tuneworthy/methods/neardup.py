"""Near-duplicate texts: char-5 shingles, one-permutation hashing, LSH, exact verification.

Candidates come from one-permutation hashing (Li, Owen, Zhang 2012) with optimal densification
(Shrivastava 2017), cut into 32 bands of 4 rows (Broder 1997; Leskovec, Rajaraman, Ullman,
chapter 3): a pair at Jaccard 0.7 is seen with probability 0.9998. Every candidate is then verified
by its true Jaccard similarity over char-5 shingles (compared as 52-bit hashes). ``nearest_twins``
uses no hashing luck at all: it is a prefix-filter join (Chaudhuri, Ganti, Kaushik 2006).

Normalisation makes keys to compare by; the texts themselves are never altered. A text shorter
than five characters is similar only to itself.
"""

import math
import unicodedata
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHINGLE = 5
BINS = 128
BANDS = 32
ROWS = BINS // BANDS
PAD = "\U0010ffff"
"""Fills texts shorter than one shingle; a noncharacter that no text holds."""

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

_CHUNK = 4096
_HASH_BITS = 52
_EMPTY = np.uint64(2**64 - 1)
_EPSILON = 1e-9


def normalise(text: str) -> str:
    """The key to compare a text by: NFKC, case folded, white space collapsed."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def shingles(text: str) -> frozenset[str]:
    """The char-5 shingles of the normalised text."""
    key = _padded(text)
    return frozenset(key[i : i + SHINGLE] for i in range(len(key) - SHINGLE + 1))


def jaccard(left: str, right: str) -> float:
    """Shared shingles divided by all shingles of the two texts."""
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)


def group_similar(texts: Sequence[str], threshold: float = 0.7) -> list[int]:
    """Transitive groups: each text gets the smallest index of the group it belongs to.

    Two texts stand in one group when a chain of pairs, each at ``threshold`` or more, joins them.
    """
    first: dict[str, int] = {}
    owner = [first.setdefault(normalise(text), i) for i, text in enumerate(texts)]
    members = list(first.values())
    index = _Index([texts[i] for i in members])
    label = list(range(len(members)))
    alive = np.ones(len(members), dtype=bool)
    for start in index.with_mates:
        if not alive[start]:
            continue
        alive[start] = False
        queue = [int(start)]
        while queue:
            near = index.similar(queue.pop(), alive, threshold)
            alive[near] = False
            for found in near.tolist():
                label[found] = int(start)
                queue.append(found)
    place = {member: i for i, member in enumerate(members)}
    return [members[label[place[i]]] for i in owner]


def keep_stars(
    texts: Sequence[str], threshold: float = 0.8, same: Sequence[Hashable] | None = None
) -> list[int]:
    """For each text the index of the copy to keep; its own index when it is kept itself.

    Earlier texts are kept before later ones. A text is given up only for a kept copy that is
    itself at ``threshold`` or more, never by way of a chain.

    Args:
        texts: In order of preference.
        threshold: Least Jaccard similarity, 0..1.
        same: Values that must be equal for two texts to be called copies.
    """
    codes: dict[Hashable, int] = {}
    labels = [codes.setdefault(value, len(codes)) for value in same] if same is not None else None
    index = _Index(texts, labels)
    kept = list(range(len(texts)))
    alive = np.ones(len(texts), dtype=bool)
    for centre in index.with_mates:
        if not alive[centre]:
            continue
        alive[centre] = False
        near = index.similar(int(centre), alive, threshold)
        alive[near] = False
        for found in near.tolist():
            kept[found] = int(centre)
    return kept


def nearest_twins(
    queries: Sequence[str], corpus: Sequence[str], threshold: float = 0.7
) -> list[int]:
    """For each query the index of its most similar corpus text, or -1 when none is that near.

    Exact: no pair at ``threshold`` or more is missed. Of equals the first is named.
    """
    if not queries or not corpus:
        return [-1] * len(queries)
    sets = _Sets([*queries, *corpus])
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


def _prefix(sets: "_Sets", rank: I64, row: int, threshold: float) -> I64:
    # A set that shares t of its n shingles must share one of its n - ceil(t n) + 1 rarest.
    ids = sets.row(row)
    ordered = ids[np.argsort(rank[ids])]
    return ordered[: len(ids) - math.ceil(threshold * len(ids) - _EPSILON) + 1]


def _prefix_postings(
    sets: "_Sets", rank: I64, rows: Sequence[int], threshold: float
) -> dict[int, I64]:
    prefixes = [_prefix(sets, rank, row, threshold) for row in rows]
    owner = np.repeat(np.asarray(rows, dtype=np.int64), [len(p) for p in prefixes])
    ids = np.concatenate(prefixes)
    order = np.argsort(ids, kind="stable")
    ids, owner = ids[order], owner[order]
    cuts = np.flatnonzero(np.diff(ids)) + 1
    heads = ids[np.concatenate(([0], cuts))]
    return dict(zip(heads.tolist(), np.split(owner, cuts), strict=True))


def _padded(text: str) -> str:
    return normalise(text).ljust(SHINGLE, PAD)


def _mix(value: U64) -> U64:
    # The finaliser of splitmix64 (Steele, Lea, Flood 2014).
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _chunk_keys(texts: Sequence[str]) -> U64:
    """Sorted unique keys: the text's place in the chunk (12 bits), then a shingle hash (52)."""
    lengths = np.fromiter((len(t) for t in texts), dtype=np.int64, count=len(texts))
    data = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(data, dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)
    span = len(codes) - SHINGLE + 1
    rolled = np.zeros(span, dtype=np.uint64)
    for i in range(SHINGLE):
        rolled = rolled * np.uint64(0x9E3779B97F4A7C15) + codes[i : i + span]
    inside = owner[:span] == owner[SHINGLE - 1 :]
    hashed = _mix(rolled[inside]) >> np.uint64(64 - _HASH_BITS)
    return np.unique((owner[:span][inside] << np.uint64(_HASH_BITS)) | hashed)


class _Sets:
    """The shingle sets of many texts as one flat table of shingle numbers."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        hashes: list[U64] = [np.zeros(0, dtype=np.uint64)]
        sizes: list[I64] = [np.zeros(0, dtype=np.int64)]
        mask = np.uint64((1 << _HASH_BITS) - 1)
        for at in range(0, len(texts), _CHUNK):
            chunk = [_padded(text) for text in texts[at : at + _CHUNK]]
            keys = _chunk_keys(chunk)
            owner = (keys >> np.uint64(_HASH_BITS)).astype(np.int64)
            sizes.append(np.bincount(owner, minlength=len(chunk)).astype(np.int64))
            hashes.append(keys & mask)
        self.hashes = np.concatenate(hashes)
        self.sizes = np.concatenate(sizes)
        self.starts = np.concatenate(([0], np.cumsum(self.sizes))).astype(np.int64)
        names, numbers = np.unique(self.hashes, return_inverse=True)
        self.ids: I64 = numbers.astype(np.int64)
        self._mark = np.zeros(len(names), dtype=bool)

    def row(self, at: int) -> I64:
        return self.ids[self.starts[at] : self.starts[at + 1]]

    def rarity(self) -> I64:
        """Rank of every shingle, rarest first."""
        often = np.bincount(self.ids, minlength=len(self._mark))
        rank = np.empty(len(often), dtype=np.int64)
        rank[np.argsort(often, kind="stable")] = np.arange(len(often))
        return rank

    def compare(self, at: int, others: I64, threshold: float) -> tuple[I64, NDArray[np.float64]]:
        """Those of ``others`` at ``threshold`` or more from row ``at``, with their similarity."""
        size = self.sizes[at]
        sizes = self.sizes[others]
        # Jaccard is at most the smaller set over the larger one.
        fits = np.minimum(sizes, size) >= threshold * np.maximum(sizes, size) - _EPSILON
        others, sizes = others[fits], sizes[fits]
        if not others.size:
            return others, np.zeros(0)
        offsets = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        flat = np.repeat(self.starts[others] - offsets, sizes) + np.arange(int(sizes.sum()))
        mine = self.row(at)
        self._mark[mine] = True
        shared = np.add.reduceat(self._mark[self.ids[flat]], offsets, dtype=np.int64)
        self._mark[mine] = False
        score = shared / (size + sizes - shared)
        near = score >= threshold - _EPSILON
        return others[near], score[near]


def _signatures(sets: _Sets) -> U64:
    """One-permutation signatures: the smallest hash in each of 128 bins, empty bins filled."""
    rest = np.uint64(_HASH_BITS - int(math.log2(BINS)))
    owner = np.repeat(np.arange(sets.count, dtype=np.int64), sets.sizes)
    cell = owner * BINS + (sets.hashes >> rest).astype(np.int64)
    # Hashes are sorted within a text, so the first of each cell is its smallest.
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    flat = np.full(sets.count * BINS, _EMPTY, dtype=np.uint64)
    flat[cell[first]] = sets.hashes[first]
    signature = flat.reshape(sets.count, BINS)
    _densify(signature)
    return signature


def _densify(signature: U64) -> None:
    """Fill each empty bin from a bin drawn by a hash of (bin, attempt), until one is found."""
    source = signature.copy()
    row, column = np.nonzero(signature == _EMPTY)
    attempt = 0
    while row.size:
        attempt += 1
        drawn = _mix(np.arange(BINS, dtype=np.uint64) * np.uint64(0x1000003) + np.uint64(attempt))
        donor = (drawn % np.uint64(BINS)).astype(np.int64)
        value = source[row, donor[column]]
        found = value != _EMPTY
        signature[row[found], column[found]] = value[found]
        row, column = row[~found], column[~found]


class _Index:
    """LSH buckets over texts; finds the similar ones among those still alive."""

    def __init__(self, texts: Sequence[str], labels: Sequence[int] | None = None) -> None:
        self.sets = _Sets(texts)
        self._labels = None if labels is None else np.asarray(labels, dtype=np.int64)
        signature = _signatures(self.sets)
        count = len(texts)
        self._order = np.empty((BANDS, count), dtype=np.int64)
        self._start = np.empty((BANDS, count), dtype=np.int64)
        self._stop = np.empty((BANDS, count), dtype=np.int64)
        crowded = np.zeros(count, dtype=bool)
        for band in range(BANDS):
            key = self._band_keys(signature[:, band * ROWS : (band + 1) * ROWS])
            order = np.argsort(key, kind="stable")
            heads = np.flatnonzero(np.diff(key[order], prepend=~key[order][:1]))
            sizes = np.diff(np.append(heads, count))
            self._order[band] = order
            self._start[band, order] = np.repeat(heads, sizes)
            self._stop[band, order] = np.repeat(heads + sizes, sizes)
            crowded[order] |= np.repeat(sizes > 1, sizes)
        self.with_mates: list[int] = np.flatnonzero(crowded).tolist()

    def _band_keys(self, columns: U64) -> U64:
        # Rows whose labels differ never share a bucket: they cannot be called copies anyway.
        key: U64 = np.zeros(len(columns), dtype=np.uint64)
        if self._labels is not None:
            key = _mix(self._labels.astype(np.uint64) + np.uint64(1))
        for i in range(ROWS):
            key = _mix(key * np.uint64(3) + columns[:, i])
        return key

    def similar(self, at: int, alive: NDArray[np.bool_], threshold: float) -> I64:
        """Rows still alive that are verified to be at ``threshold`` or more from row ``at``."""
        spans = zip(
            self._order, self._start[:, at].tolist(), self._stop[:, at].tolist(), strict=True
        )
        parts: list[Any] = [order[a:b] for order, a, b in spans if b - a > 1]
        if not parts:
            return np.zeros(0, dtype=np.int64)
        pool = np.concatenate(parts)
        pool = np.unique(pool[alive[pool]])
        if self._labels is not None:
            pool = pool[self._labels[pool] == self._labels[at]]
        return self.sets.compare(at, pool, threshold)[0]
