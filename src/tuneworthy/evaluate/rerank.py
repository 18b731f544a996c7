"""Puts found examples into a new order by how well their words meet the request's, one by one.

Late interaction: each token of one text meets its most similar token in the other, and the mean of
these cosines counts. Source: Khattab and Zaharia, "ColBERT", SIGIR 2020 (arXiv:2004.12832); ours is
taken in both directions, since request and example are texts of one kind, and over the token
states of the sentence model, which was not trained for it.
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
