"""Finds the training examples most like a request: BM25 and embeddings, joined by rank.

Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009) with its constant of 60; both
rankings are over the training split alone.
"""

import threading
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tuneworthy.core.model_ports import TokenEmbedder
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.suite import Rerank
from tuneworthy.core.ports import Embedder
from tuneworthy.evaluate.rerank import diverse, reranked

RRF_CONSTANT = 60

RERANKED = 20
"""So many of the best found are put into a new order, where that is asked for."""

Likeness = Literal["words", "meaning", "both"]


class Retriever:
    """Nearest training examples for a batch of requests. Threads may share one.

    Args:
        examples: The training split, in a fixed order.
        embedder: Gives unit vectors, so that the dot product is the cosine.
    """

    def __init__(self, examples: Sequence[Example], embedder: Embedder) -> None:
        import bm25s  # noqa: PLC0415 - takes a fifth of a second to load

        self._examples = list(examples)
        self._embedder = embedder
        self._lock = threading.Lock()
        texts = [example.request for example in self._examples]
        self._vectors = np.asarray(embedder.embed(texts), dtype=np.float32)
        self._index = bm25s.BM25()
        self._index.index(_tokens(texts), show_progress=False)

    def nearest(
        self, requests: Sequence[str], k: int, *, by: Likeness = "both", rerank: Rerank = ""
    ) -> list[list[Example]]:
        """For each request its ``k`` nearest examples, nearest first.

        Args:
            requests: What was asked.
            k: How many examples for each.
            by: The words alone (BM25), the meaning alone (embeddings), or both joined by rank.
            rerank: How to choose among the best ``RERANKED``; empty: as they were found.

        Raises:
            ValueError: The embedder gives no vectors of tokens, and these were asked for.
        """
        if not requests:
            return []
        cosine = None if by == "words" else self._cosine(requests)
        found: list[list[int]] = []
        for number, request in enumerate(requests):
            fused = np.zeros(len(self._examples))
            if cosine is not None:
                fused += _reciprocal(cosine[number])
            if by != "meaning":
                fused += _reciprocal(self._lexical(request))
            order = np.argsort(-fused, kind="stable")[: max(k, RERANKED) if rerank else k]
            found.append([int(index) for index in order])
        if rerank == "tokens":
            found = self._by_tokens(requests, found)
        elif rerank == "diverse":
            near = self._cosine(requests) if cosine is None else cosine
            found = [self._diverse(row, order, k) for row, order in zip(near, found, strict=True)]
        return [[self._examples[index] for index in order[:k]] for order in found]

    def _diverse(self, near: NDArray[np.float32], order: list[int], k: int) -> list[int]:
        rows = self._vectors[order]
        return [order[place] for place in diverse(near[order], rows @ rows.T, k)]

    def _by_tokens(self, requests: Sequence[str], found: Sequence[list[int]]) -> list[list[int]]:
        if not isinstance(self._embedder, TokenEmbedder):
            raise ValueError(f"{self._embedder.name} gives no vectors of single tokens")
        places = sorted({place for order in found for place in order})
        texts = [self._examples[place].request for place in places]
        with self._lock:
            rows = self._embedder.embed_tokens([*requests, *texts])
        of = dict(zip(places, rows[len(requests) :], strict=True))
        return [
            [order[place] for place in reranked(request, [of[index] for index in order])]
            for request, order in zip(rows[: len(requests)], found, strict=True)
        ]

    def _cosine(self, requests: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            vectors = np.asarray(self._embedder.embed(list(requests)), dtype=np.float32)
        return np.asarray(vectors @ self._vectors.T, dtype=np.float32)

    def _lexical(self, request: str) -> NDArray[np.float32]:
        # A mark that stands alone, such as "+", leaves no word; bm25s refuses an empty one.
        words = [word for word in _tokens([request])[0] if word]
        if not words:
            return np.zeros(len(self._examples), dtype=np.float32)
        return np.asarray(self._index.get_scores(words), dtype=np.float32)


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    return [
        ["".join(c for c in word if c.isalnum()) for word in text.lower().split()] for text in texts
    ]


def _reciprocal(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    ranks = np.empty(len(scores), dtype=np.float64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return 1.0 / (RRF_CONSTANT + ranks)
