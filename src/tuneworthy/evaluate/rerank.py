"""Chooses anew among the examples that were found: for their words, or so that they differ.

``tokens`` is late interaction: each token of one text meets its most similar token in the other,
and the mean of these cosines counts. Source: Khattab and Zaharia, "ColBERT", SIGIR 2020
(arXiv:2004.12832); ours is taken in both directions, since request and example are texts of one
kind, and over the token states of the sentence model, which was not trained for it.

``diverse`` is maximal marginal relevance: Carbonell and Goldstein, SIGIR 1998; the example found
first stays first.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TokenRows = NDArray[np.float32]
"""Unit rows, one a token, shape (tokens, d)."""


def meeting(one: TokenRows, other: TokenRows) -> float:
    """How well two texts meet, -1..1; 0 where one of them has no tokens."""
    if not len(one) or not len(other):
        return 0.0
    cosines = one @ other.T
    return float((cosines.max(axis=1).mean() + cosines.max(axis=0).mean()) / 2)


def reranked(request: TokenRows, found: Sequence[TokenRows]) -> list[int]:
    """The places of what was found, best first; of equals the one found first."""
    scores = np.array([meeting(request, rows) for rows in found])
    return [int(place) for place in np.argsort(-scores, kind="stable")]


NEARNESS = 0.7
"""Weight of being like the request against being unlike what was chosen before."""


def diverse(near: TokenRows, like: TokenRows, k: int) -> list[int]:
    """``k`` places, or all there are: the first, then each the best beside those before it.

    Args:
        near: Cosine of request and each found example, shape (n,), in the order found.
        like: Cosines of the found examples among themselves, shape (n, n).
        k: How many.
    """
    chosen = [0] if len(near) and k else []
    while len(chosen) < min(k, len(near)):
        again = like[:, chosen].max(axis=1)
        worth = NEARNESS * near - (1 - NEARNESS) * again
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
    return chosen
