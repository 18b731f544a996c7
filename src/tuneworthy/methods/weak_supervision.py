"""Labels from rules that are often right: what each rule covers, how right it is, what they say.

Nobody's true label is needed. Sources: Ratner et al. (2019), "Training Complex Models with
Multi-Task Weak Supervision", AAAI 33, for accuracies from agreement alone; Fu et al. (2020), "Fast
and Three-rious", ICML, PMLR 119, for the closed form over triplets; Dawid and Skene (1979), Applied
Statistics 28, 20-28, for the expectation-maximisation, here with one accuracy a rule.

All of it assumes that rules err independently given the true label, that a rule abstains without
looking at the truth, and that most rules beat chance. Two rules with the same pattern inside are
not independent: both will look better than they are.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ABSTAIN = -1

ROUNDS = 500
_SETTLED = 1e-7
_PRIOR_RIGHT, _PRIOR_WRONG = 1.4, 0.6
"""Two imagined votes a rule, seven in ten of them right, so that no rule is ever certain."""


class Coverage(NamedTuple):
    """Shares of all rows, 0..1, on which one rule votes, with others, and against others."""

    covered: float
    overlaps: float
    conflicts: float


class LabelModel(NamedTuple):
    """What the rules say together.

    ``probabilities`` has shape (rows, classes), each row adding up to 1; a row without a vote has
    the ``prior``. ``accuracies``, ``low`` and ``high`` (95 % of resamples) have one entry a rule.
    """

    probabilities: FloatArray
    accuracies: FloatArray
    low: FloatArray
    high: FloatArray
    prior: FloatArray


def coverage(votes: IntArray) -> list[Coverage]:
    """What each rule votes on. ``votes`` has shape (rows, rules); -1 is no vote."""
    cast = votes != ABSTAIN
    rows = max(1, len(votes))
    together = cast.sum(axis=1)
    found = []
    for rule in range(votes.shape[1]):
        here = cast[:, rule]
        differs = (cast & (votes != votes[:, [rule]])).any(axis=1)
        found.append(
            Coverage(
                float(here.sum() / rows),
                float((here & (together > 1)).sum() / rows),
                float((here & differs).sum() / rows),
            )
        )
    return found


def majority(votes: IntArray, classes: int) -> FloatArray:
    """Shares of the most named classes, shape (rows, classes); ties share, no vote is uniform."""
    _check(votes, classes)
    counts = _counts(votes, classes)
    best = (counts == counts.max(axis=1, keepdims=True)).astype(np.float64)
    return np.asarray(best / best.sum(axis=1, keepdims=True), dtype=np.float64)


def triplet_accuracies(votes: IntArray, classes: int) -> FloatArray:
    """Accuracy of each rule when it votes, in closed form; NaN where no triplet tells.

    With ``b = (K a - 1) / (K - 1)`` two rules' agreement gives ``b_i b_j``, so three rules give
    each of theirs; the median over all triplets is taken. Holds for any class balance.
    """
    _check(votes, classes)
    patterns, weights = _patterns(votes)
    return _triplets(patterns, weights, classes)


def label_model(
    votes: IntArray, classes: int, *, resamples: int = 200, seed: int = 7
) -> LabelModel:
    """Accuracies and label probabilities by expectation-maximisation from the triplets' start.

    Args:
        votes: Shape (rows, rules), classes from 0, -1 for no vote.
        classes: How many classes there are, 2 or more.
        resamples: Bootstrap resamples of the rows, for the accuracies' interval.
        seed: Of the bootstrap.

    Raises:
        ValueError: Fewer than two classes, or a vote for none of them.
    """
    _check(votes, classes)
    patterns, weights, place = _patterns_and_places(votes)
    start = _start(_triplets(patterns, weights, classes), classes)
    accuracies, prior = _fit(patterns, weights, classes, start)
    drawn = [
        _fit(patterns, sample, classes, accuracies)[0]
        for sample in _resamples(weights, resamples, seed)
    ]
    low, high = (
        np.quantile(np.stack(drawn), [0.025, 0.975], axis=0) if drawn else (accuracies, accuracies)
    )
    return LabelModel(
        _posterior(patterns, classes, accuracies, prior)[place],
        accuracies,
        np.minimum(low, accuracies),
        np.maximum(high, accuracies),
        prior,
    )


def _check(votes: IntArray, classes: int) -> None:
    if classes < 2:
        raise ValueError("a label model needs two classes or more")
    if votes.ndim != 2 or votes.min(initial=ABSTAIN) < ABSTAIN:
        raise ValueError("votes must have the shape (rows, rules) and be -1 or a class")
    if votes.max(initial=ABSTAIN) >= classes:
        raise ValueError(f"a vote for class {votes.max()} of {classes}")


def _counts(votes: IntArray, classes: int) -> IntArray:
    return np.stack([(votes == one).sum(axis=1) for one in range(classes)], axis=1)


def _patterns(votes: IntArray) -> tuple[IntArray, FloatArray]:
    patterns, weights, _ = _patterns_and_places(votes)
    return patterns, weights


def _patterns_and_places(votes: IntArray) -> tuple[IntArray, FloatArray, IntArray]:
    """The distinct rows, how often each stands, and which of them each row is."""
    patterns, place, counts = np.unique(votes, axis=0, return_inverse=True, return_counts=True)
    return patterns, counts.astype(np.float64), place.reshape(-1)


def _triplets(patterns: IntArray, weights: FloatArray, classes: int) -> FloatArray:
    rules = patterns.shape[1]
    product = np.full((rules, rules), np.nan)
    for i, j in combinations(range(rules), 2):
        both = (patterns[:, i] != ABSTAIN) & (patterns[:, j] != ABSTAIN)
        total = weights[both].sum()
        if total > 0:
            agree = weights[both & (patterns[:, i] == patterns[:, j])].sum() / total
            product[i, j] = product[j, i] = (classes * agree - 1) / (classes - 1)
    return _from_products(product, classes)


def _from_products(product: FloatArray, classes: int) -> FloatArray:
    rules = len(product)
    found = np.full(rules, np.nan)
    for i in range(rules):
        squares = [
            product[i, j] * product[i, k] / product[j, k]
            for j, k in combinations([r for r in range(rules) if r != i], 2)
            # Agreement at or below chance says nothing about three rules that beat it.
            if min(product[i, j], product[i, k], product[j, k]) > 1e-3
        ]
        if squares:
            better = min(1.0, float(np.sqrt(np.median(squares))))
            found[i] = (1 + (classes - 1) * better) / classes
    return found


def _start(triplets: FloatArray, classes: int) -> FloatArray:
    usual = (1 + (classes - 1) * 0.4) / classes
    return np.clip(np.where(np.isnan(triplets), usual, triplets), usual / 2, 0.98)


def _fit(
    patterns: IntArray, weights: FloatArray, classes: int, start: FloatArray
) -> tuple[FloatArray, FloatArray]:
    accuracies = start.copy()
    cast = patterns != ABSTAIN
    voted = cast.any(axis=1)
    prior = np.full(classes, 1 / classes)
    cells = np.where(cast, patterns, 0)
    for _ in range(ROUNDS):
        belief = _posterior(patterns, classes, accuracies, prior)
        counted = belief[voted] * weights[voted, None]
        prior = (counted.sum(axis=0) + 1) / (counted.sum() + classes)
        right = np.take_along_axis(belief, cells, axis=1) * cast
        hits = (weights[:, None] * right).sum(axis=0) + _PRIOR_RIGHT
        new = hits / ((weights[:, None] * cast).sum(axis=0) + _PRIOR_RIGHT + _PRIOR_WRONG)
        moved = np.abs(new - accuracies).max(initial=0.0)
        accuracies = new
        if moved < _SETTLED:
            break
    return accuracies, prior


def _posterior(
    patterns: IntArray, classes: int, accuracies: FloatArray, prior: FloatArray
) -> FloatArray:
    gain = np.log(accuracies) - np.log((1 - accuracies) / (classes - 1))
    scores = np.stack([(patterns == one) @ gain for one in range(classes)], axis=1) + np.log(prior)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float64)


def _resamples(weights: FloatArray, resamples: int, seed: int) -> list[FloatArray]:
    if not len(weights):
        return []
    rng = np.random.default_rng(seed)
    total = int(weights.sum())
    return list(rng.multinomial(total, weights / total, size=resamples).astype(np.float64))
