"""Rows whose label is probably wrong, by confident learning.

Northcutt, Jiang, Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels",
J. Artif. Intell. Res. 70, 1373-1411: count how often rows labelled i are confidently of class j
(the confident joint, equation 1), scale the counts to the classes' sizes (equation 3), and take
that many rows of the lowest margin (section 3.2, over all classes at once).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.out_of_fold import F32, F64, I64, opinions

LEAST_PER_CLASS = 8
"""A class with fewer rows says nothing of its own noise; its rows are left out."""
LEAST_ROWS = 40
SHARE = 0.9
"""Of the number of wrong labels that the joint estimates, how many are named."""

MOST_LABELS = 0.2
"""At most this share of targets may be distinct for targets to look like labels."""
LABEL_LENGTH = 80

BoolArray = NDArray[np.bool_]
Mode = Literal["normal", "strict"]


def looks_like_labels(targets: Sequence[str]) -> bool:
    """Whether the targets are a few short strings said again and again.

    At least two and at most a fifth as many distinct targets as rows, nine tenths of the rows with
    a target that ``LEAST_PER_CLASS`` rows share, none of those longer than ``LABEL_LENGTH``.
    """
    often = Counter(targets)
    shared = {target: n for target, n in often.items() if n >= LEAST_PER_CLASS}
    return (
        len(targets) >= LEAST_ROWS
        and len(shared) >= 2
        and len(often) <= MOST_LABELS * len(targets)
        and sum(shared.values()) >= 0.9 * len(targets)
        and max(map(len, shared)) <= LABEL_LENGTH
    )


def class_numbers(targets: Sequence[str], least: int = LEAST_PER_CLASS) -> tuple[I64, list[str]]:
    """Number of each row's class, -1 where fewer than ``least`` rows share it, and the names.

    Classes are numbered in the order of their names.
    """
    often = Counter(targets)
    names = sorted(target for target, n in often.items() if n >= least)
    number = {name: i for i, name in enumerate(names)}
    return np.array([number.get(target, -1) for target in targets], dtype=np.int64), names


def suspect_rows(
    vectors: F32, targets: Sequence[str], mode: Mode = "normal", *, seed: int = 7
) -> I64:
    """Rows whose target is probably wrong, the most doubtful first.

    Args:
        vectors: Embeddings of the requests, [n, d], float32.
        targets: One label a row.
        mode: ``normal`` asks the mean of two models; ``strict`` wants both to say so.
        seed: Deals the rows to the folds.

    Returns:
        Row numbers, int64; none when there are too few rows or fewer than two classes.
    """
    labels, names = class_numbers(targets)
    rows = np.flatnonzero(labels >= 0)
    if len(rows) < LEAST_ROWS or len(names) < 2:
        return np.zeros(0, dtype=np.int64)
    given = labels[rows]
    said = opinions(np.asarray(vectors)[rows], given, seed=seed)
    found = doubtful(given, said.mean)
    if mode == "strict":
        found &= doubtful(given, said.linear) & doubtful(given, said.nearest)
    margin = margins(given, said.mean)
    order = np.argsort(margin, kind="stable")
    return np.asarray(rows[order[found[order]]], dtype=np.int64)


def margins(labels: I64, probabilities: F32) -> F64:
    """Probability of the given label less that of the best other one, [n]; low is doubtful."""
    own, others = _own_and_others(labels, probabilities)
    return np.asarray(own - others.max(axis=1), dtype=np.float64)


def confident_joint(labels: I64, probabilities: F32) -> F64:
    """How many rows given class i are confidently of class j, [k, k]; rows add up to class sizes.

    Confident of j: its probability reaches the mean probability of j among rows given j, and no
    other class that does so is more probable.
    """
    classes = probabilities.shape[1]
    sizes = np.bincount(labels, minlength=classes).astype(np.float64)
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    limits = np.bincount(labels, weights=own, minlength=classes) / np.maximum(sizes, 1)
    limits[sizes == 0] = np.inf
    reached = np.where(probabilities >= limits - 1e-6, probabilities, -1.0)
    best = np.argmax(reached, axis=1)
    sure = reached[np.arange(len(labels)), best] >= 0
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[sure], best[sure]), 1.0)
    empty = joint.sum(axis=1) == 0
    joint[empty, empty.nonzero()[0]] = 1.0
    return np.asarray(joint / joint.sum(axis=1, keepdims=True) * sizes[:, None])


def doubtful(labels: I64, probabilities: F32, share: float = SHARE) -> BoolArray:
    """Which rows to doubt, [n]: ``share`` of as many as the joint holds off its diagonal.

    The rows of the lowest margin are taken over all classes at once. The paper takes each pair's
    own count instead; with many classes those are fractions of a row, and recall is lost
    (``bench/label_noise``). A row whose own label is its most probable one is never doubted.
    """
    joint = confident_joint(labels, probabilities)
    count = round(share * float(joint.sum() - np.trace(joint)))
    margin = margins(labels, probabilities)
    found = np.zeros(len(labels), dtype=bool)
    found[np.argsort(margin, kind="stable")[:count]] = True
    return np.asarray(found & (margin < 0))


def _own_and_others(labels: I64, probabilities: F32) -> tuple[F32, F32]:
    at = np.arange(len(labels))
    others = np.array(probabilities, dtype=np.float32)
    own = others[at, labels].copy()
    others[at, labels] = -np.inf
    return own, others
