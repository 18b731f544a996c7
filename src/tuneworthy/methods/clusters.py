"""Groups of unit vectors: spherical k-means, with the number of groups chosen by a stated rule.

Sources: Dhillon and Modha (2001), Machine Learning 42, 143-175, for spherical k-means; Arthur and
Vassilvitskii (2007), SODA, for the starts; Rousseeuw (1987), J. Comput. Appl. Math. 20, 53-65, for
the silhouette that chooses how many.
"""

from typing import NamedTuple

import numpy as np

from tuneworthy.methods.out_of_fold import F32, F64, I64, unit_rows

MOST = 8
"""The largest number of groups that is tried."""
LEAST = 5
"""Groups of fewer on average are not looked for."""
WEAK = 0.05
"""A mean silhouette below this says that there is one group."""
RULE = (
    f"the number from 2 to {MOST} with the highest mean silhouette, at most one for each {LEAST} "
    f"failures; one cluster where none reaches {WEAK}"
)
_STARTS = 4
_ROUNDS = 50
_JUDGED = 1_000
"""Rows that the silhouette is taken over, spread evenly."""


class Groups(NamedTuple):
    """``labels`` [n] are 0..k-1, the largest group first; ``likeness`` [n] to the own centre."""

    labels: I64
    likeness: F32


def group(vectors: F32, *, most: int = MOST, seed: int = 7) -> Groups:
    """Put rows [n, d] into groups by direction; see ``RULE``. The same rows give the same groups.

    Raises:
        ValueError: A vector holds a number that is not finite.
    """
    if not np.all(np.isfinite(vectors)):
        raise ValueError("a vector holds a number that is not finite")
    rows = unit_rows(vectors)
    best, chosen = np.zeros(len(rows), dtype=np.int64), WEAK
    distinct = len(np.unique(np.round(rows, 5), axis=0))
    for k in range(2, min(most, len(rows) // LEAST, distinct) + 1):
        labels = _k_means(rows, k, seed)
        held = silhouette(rows, labels)
        # Rounded, so that a machine's last digits do not choose.
        if round(held, 6) > chosen:
            best, chosen = labels, round(held, 6)
    labels = _by_size(best)
    return Groups(labels, _likeness(rows, _centres(rows, labels), labels))


def silhouette(rows: F32, labels: I64) -> float:
    """Mean silhouette by cosine distance: 1 far apart, 0 no groups, below it wrongly put.

    Over at most 1,000 rows, spread evenly; a row alone in its group counts 0. 0 for one group.
    """
    taken = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _JUDGED)).astype(np.int64))
    some, own = rows[taken], labels[taken]
    names, place = np.unique(own, return_inverse=True)
    if len(names) < 2:
        return 0.0
    sizes = np.bincount(place)
    apart = np.maximum(1 - some @ some.T, 0)
    sums = np.stack([apart[:, place == at].sum(axis=1) for at in range(len(names))], axis=1)
    at_row = np.arange(len(some))
    alone = sizes[place] == 1
    inside = sums[at_row, place] / np.maximum(sizes[place] - 1, 1)
    means = sums / sizes
    means[at_row, place] = np.inf
    outside = means.min(axis=1)
    larger = np.maximum(inside, outside)
    scores = np.where(alone | (larger == 0), 0.0, (outside - inside) / np.where(larger, larger, 1))
    return float(scores.mean())


def _k_means(rows: F32, k: int, seed: int) -> I64:
    """The best of a few starts, by the sum of likenesses."""
    best, highest = np.zeros(len(rows), dtype=np.int64), -np.inf
    for start in range(_STARTS):
        centres = _starts(rows, k, np.random.default_rng([seed, start]))
        labels = np.full(len(rows), -1, dtype=np.int64)
        for _ in range(_ROUNDS):
            near = np.round(rows @ centres.T, 6)
            found = near.argmax(axis=1)
            if np.array_equal(found, labels):
                break
            labels = found
            centres = _centres(rows, labels, k)
        total = float(_likeness(rows, centres, labels).sum(dtype=np.float64))
        if total > highest + 1e-6:
            best, highest = labels, total
    return best


def _starts(rows: F32, k: int, rng: np.random.Generator) -> F32:
    """Rows drawn one after another, far ones with the greater chance."""
    chosen = [int(rng.integers(len(rows)))]
    apart: F64 = np.full(len(rows), np.inf)
    while len(chosen) < k:
        likeness = np.asarray(rows @ rows[chosen[-1]], dtype=np.float64)
        apart = np.minimum(apart, np.maximum(1 - likeness, 0))
        total = float(apart.sum())
        if total <= 0:
            break
        chosen.append(int(rng.choice(len(rows), p=apart / total)))
    return rows[chosen]


def _centres(rows: F32, labels: I64, k: int = 0) -> F32:
    """Unit centres [k, d]; of a group without rows, zeros."""
    members = np.arange(max(k, int(labels.max(initial=0)) + 1))[:, None] == labels[None, :]
    return unit_rows(members.astype(np.float32) @ rows)


def _likeness(rows: F32, centres: F32, labels: I64) -> F32:
    return np.asarray(np.einsum("nd,nd->n", rows, centres[labels]), dtype=np.float32)


def _by_size(labels: I64) -> I64:
    """The same groups, numbered by size; of equal ones the one that is seen first."""
    names, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = sorted(range(len(names)), key=lambda at: (-sizes[at], first[at]))
    number = {int(names[at]): place for place, at in enumerate(order)}
    return np.array([number[int(label)] for label in labels], dtype=np.int64)
