"""Class probabilities for every row from models that never saw that row.

Two models on the same folds: multinomial logistic regression (Böhning 1992; minimised by L-BFGS,
Liu and Nocedal 1989) and the vote of the 15 nearest neighbours by cosine (Cover and Hart 1967).
Folds are stratified: each class is dealt out evenly.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
NEIGHBOURS = 15
STRENGTH = 10.0
"""Inverse of the ridge penalty: the loss is STRENGTH * (sum of log losses) + |w|^2 / 2."""
STEPS = 30
"""Stops early: precision and recall on banking77 settle before the loss does."""

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_BLOCK = 2048


class Opinions(NamedTuple):
    """Two opinions on every row, each float32 of shape [rows, classes]; rows add up to one."""

    linear: F32
    nearest: F32

    @property
    def mean(self) -> F32:
        """The mean of the two."""
        return (self.linear + self.nearest) / np.float32(2)


def opinions(vectors: F32, labels: I64, *, folds: int = FOLDS, seed: int = 7) -> Opinions:
    """Both models' out-of-fold probabilities.

    Args:
        vectors: Rows of equal length (embeddings), [n, d]; they are scaled to length one here.
        labels: Class numbers 0..k-1, [n].
        folds: How many parts; each is predicted from the others.
        seed: Deals the rows to the folds.

    Raises:
        ValueError: The two differ in length, or a vector holds a number that is not finite.
    """
    if len(vectors) != len(labels):
        raise ValueError(f"{len(vectors)} vectors but {len(labels)} labels")
    if not np.all(np.isfinite(vectors)):
        raise ValueError("a vector holds a number that is not finite")
    classes = int(labels.max()) + 1 if len(labels) else 0
    rows = unit_rows(vectors)
    linear = np.zeros((len(rows), classes), dtype=np.float32)
    nearest = np.zeros_like(linear)
    for train, test in stratified_folds(labels, folds, seed):
        weights = fit_linear(rows[train], labels[train], classes)
        linear[test] = predict_linear(rows[test], weights)
        nearest[test] = neighbour_votes(rows[train], labels[train], rows[test], classes)
    return Opinions(linear, nearest)


def unit_rows(vectors: F32) -> F32:
    """Each row scaled to length one; a row of zeros stays."""
    rows = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1), dtype=np.float32)


def stratified_folds(labels: I64, folds: int, seed: int) -> Iterator[tuple[I64, I64]]:
    """(rows to learn from, rows to predict) per fold; fold sizes of a class differ by one at most.

    Where a class is dealt out next goes on from where the last one stopped, so that folds are even.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold = np.empty(len(labels), dtype=np.int64)
    fold[by_class] = np.arange(len(labels)) % folds
    for number in range(folds):
        test = np.flatnonzero(fold == number)
        if test.size:
            yield np.flatnonzero(fold != number), test


def fit_linear(rows: F32, labels: I64, classes: int, strength: float = STRENGTH) -> F32:
    """Weights [d + 1, classes] of a ridge-penalised softmax regression; the bias comes last."""
    from scipy import optimize  # noqa: PLC0415 - takes half a second to load

    wide = _with_one(rows)
    shape = (wide.shape[1], classes)
    truth = np.zeros((len(rows), classes), dtype=np.float32)
    truth[np.arange(len(rows)), labels] = 1
    free = np.ones((shape[0], 1), dtype=np.float32)
    free[-1] = 0  # the bias is not penalised
    scale = max(1, len(rows)) * strength

    def loss(flat: F64) -> tuple[float, F64]:
        weights = flat.reshape(shape).astype(np.float32)
        guess = _softmax(wide @ weights)
        inside = np.maximum(guess[np.arange(len(rows)), labels], np.float32(1e-30))
        held = weights * free
        value = -strength * float(np.sum(np.log(inside), dtype=np.float64))
        value += float(np.sum(held.astype(np.float64) ** 2)) / 2
        slope = np.float32(strength) * (wide.T @ (guess - truth)) + held
        return value / scale, (slope.astype(np.float64) / scale).ravel()

    start = np.zeros(shape[0] * classes)
    best, *_ = optimize.fmin_l_bfgs_b(loss, start, maxiter=STEPS, pgtol=1e-5, factr=4.5e8)
    return np.asarray(best, dtype=np.float32).reshape(shape)


def predict_linear(rows: F32, weights: F32) -> F32:
    """Class probabilities [rows, classes]."""
    return _softmax(_with_one(rows) @ weights)


def neighbour_votes(
    known: F32, labels: I64, asked: F32, classes: int, neighbours: int = NEIGHBOURS
) -> F32:
    """Share of the nearest known rows that are of each class; of equally near ones the first."""
    votes = np.zeros((len(asked), classes), dtype=np.float32)
    for start in range(0, len(asked), _BLOCK):
        near = labels[nearest_rows(known, asked[start : start + _BLOCK], neighbours)]
        if near.shape[1]:
            at = np.repeat(np.arange(start, start + len(near)), near.shape[1])
            np.add.at(votes, (at, near.ravel()), np.float32(1 / near.shape[1]))
    return votes


def nearest_rows(known: F32, asked: F32, count: int) -> I64:
    """For each asked unit row the ``count`` nearest known rows, [asked, count], nearest first."""
    count = min(count, len(known))
    if not count:
        return np.zeros((len(asked), 0), dtype=np.int64)
    likeness = np.round(asked @ known.T, 6)
    cut = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
    cut.sort(axis=1)
    order = np.argsort(-np.take_along_axis(likeness, cut, axis=1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(cut, order, axis=1), dtype=np.int64)


def _with_one(rows: F32) -> F32:
    return np.concatenate([rows, np.ones((len(rows), 1), dtype=np.float32)], axis=1)


def _softmax(scores: F32) -> F32:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
