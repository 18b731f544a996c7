"""Screens for planted rows that no single row gives away: bursts, flipped classes, hidden marks.

Triggers have a file of their own (``triggers``). A screen says "look here", with its measured
certainty; it proves no intent.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneworthy.methods.neardup import group_similar
from tuneworthy.methods.ngrams import hidden, tokens
from tuneworthy.methods.out_of_fold import F32, F64, I64, nearest_rows, unit_rows

LEAST = 5
NEIGHBOURS = 10
STRANGE = 0.9
BURST = 8
ALIKE = 0.5
"""Char-5 Jaccard of two rows of a burst: one word of ten changed on either side."""
BURSTS = 2
"""In a set with more such groups the near-copies are how it is written, not a burst."""
WRITTEN = 0.1
"""So too where more of the other rows than this stand in such groups, whatever their targets."""
OTHERWISE = 0.2
"""Where more of a group's near-copies than this share have other targets, likewise."""
FELLOW = 0.85
CLOSE = 0.6
"""Cosines: of a row that belongs to a burst, and of a neighbour that can speak for or against."""
FLIPPED = 8
FLIP_ROW = 0.15
FLIP_GROUP = 0.38
FLIP_CLASSES = 0.45
"""Cosines: by how much a flipped row is nearer to the other class, by how much the middle one of
its group is, and how near to each other the two classes may be at most."""
ROUNDS = 3


class Cluster(NamedTuple):
    """Rows that belong together, the number of the target they share, and how strange they are."""

    rows: tuple[int, ...]
    target: int
    strange: float
    """Share of the rows whose neighbours outside the cluster mostly have other targets."""


class Flip(NamedTuple):
    """Rows of one given target that look like one other, though the two are not alike."""

    given: int
    looks_like: int
    rows: tuple[int, ...]
    gap: float
    """By how much the middle row is nearer to the other target's rows than to its own (cosine)."""


class Marked(NamedTuple):
    """Rows that hold a hidden character, and the share of them with the commonest target."""

    character: str
    rows: tuple[int, ...]
    target: int
    pure: float


def shared_targets(targets: Sequence[str], part: str = "whole", least: int = LEAST) -> I64:
    """Number of each row's target, or of its first or last four words; -1 where few rows share it.

    Args:
        targets: Answers.
        part: ``whole``, ``head`` or ``tail``.
        least: How many rows must share it.
    """
    keys = [shared_part(target, part) for target in targets]
    often = Counter(keys)
    names = {key: i for i, key in enumerate(sorted(k for k, n in often.items() if n >= least))}
    return np.array([names.get(key, -1) for key in keys], dtype=np.int64)


def bursts(texts: Sequence[str], labels: I64, vectors: F32, least: int = BURST) -> list[Cluster]:
    """Groups of near-identical rows with one target whose surroundings have others.

    Rows are grouped within each target. Of a set that is all near-copies (templates filled in),
    nothing is said: more than ``BURSTS`` such groups are no exception, and nor is one with many
    near-copies of other targets. A burst has the rows that it was made from, and they are few.

    Args:
        texts: Requests, [n].
        labels: Number of each row's target, -1 for a target of its own.
        vectors: Embeddings of the requests, [n, d].
        least: Smallest group to look at.
    """
    unit = unit_rows(vectors)
    found = []
    for target in np.unique(labels[labels >= 0]).tolist():
        mine = np.flatnonzero(labels == target)
        if len(mine) < least:
            continue
        groups = np.array(group_similar([texts[row] for row in mine.tolist()], ALIKE))
        for group in np.flatnonzero(np.bincount(groups) >= least):
            inside = mine[groups == group]
            strange = _strange(inside, target, labels, unit)
            if strange >= STRANGE:
                found.append(Cluster(tuple(inside.tolist()), target, strange))
    if not found or len(found) > BURSTS:
        return []
    near = np.array(group_similar(texts, ALIKE))
    if _written(found, near, least) > WRITTEN:
        return []
    alone = [cluster for cluster in found if _otherwise(cluster, near, labels) <= OTHERWISE]
    return sorted(alone, key=lambda cluster: (-len(cluster.rows), cluster.rows))


def _written(found: Sequence[Cluster], near: I64, least: int) -> float:
    """Share of the rows beside these clusters' that stand in groups of near-copies."""
    others = np.ones(len(near), dtype=bool)
    for cluster in found:
        others &= ~np.isin(near, near[list(cluster.rows)])
    sizes = np.bincount(near[others]) if others.any() else np.zeros(1, np.int64)
    return float(sizes[sizes >= least].sum() / max(1, np.count_nonzero(others)))


def _otherwise(cluster: Cluster, near: I64, labels: I64) -> float:
    """Share of the near-copies of a burst's rows, they among them, that have another target."""
    copies = np.isin(near, near[list(cluster.rows)])
    return float(np.mean(labels[copies] != cluster.target))


def _strange(inside: I64, target: int, labels: I64, unit: F32) -> float:
    """Share of the rows whose near neighbours outside the burst mostly have other targets.

    Rows with the same target close to the group's centre are of the burst, though the grouping
    missed them. A row without five near neighbours outside says nothing.
    """
    centre = unit_rows(unit[inside].mean(axis=0, keepdims=True))[0]
    fellows = np.flatnonzero((unit @ centre >= FELLOW) & (labels == target))
    known = np.setdiff1d(np.arange(len(labels)), np.concatenate([inside, fellows]))
    near = known[nearest_rows(unit[known], unit[inside], NEIGHBOURS)]
    close = np.einsum("ijk,ik->ij", unit[near], unit[inside]) >= CLOSE
    ours = ((labels[near] == target) & close).sum(axis=1)
    enough = close.sum(axis=1) >= NEIGHBOURS // 2
    return float(np.mean(enough & (ours < 0.5 * close.sum(axis=1))))


def flipped_classes(labels: I64, vectors: F32, least: int = FLIPPED) -> list[Flip]:
    """Pairs of targets where rows of the one stand clearly among those of the other.

    A class is the mean direction of its rows (Rocchio 1971). Rows that are nearer to another
    class do not count for their own mean when it is taken again, so that a third of a class
    cannot hide in it. Two classes that are alike are left out: they are confused anyway.

    Args:
        labels: Class numbers 0..k-1, each with at least one row, [n].
        vectors: Embeddings of the requests, [n, d].
        least: Fewest rows to speak of.
    """
    if not len(labels) or not labels.max():
        return []
    unit = unit_rows(vectors)
    centres, best, gap = _nearest_classes(labels, unit)
    pairs: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(gap >= FLIP_ROW).tolist():
        pairs[int(labels[row]), int(best[row])].append(row)
    found = []
    for (given, other), rows in pairs.items():
        middle = float(np.median(gap[rows]))
        alike = float(centres[given] @ centres[other])
        if len(rows) >= least and middle >= FLIP_GROUP and alike <= FLIP_CLASSES:
            found.append(Flip(given, other, tuple(rows), middle))
    return sorted(found, key=lambda flip: (-len(flip.rows), flip.rows))


def _nearest_classes(labels: I64, unit: F32) -> tuple[F32, I64, F64]:
    """Classes' mean directions, each row's nearest other class, and how much nearer it is."""
    at = np.arange(len(labels))
    classes = int(labels.max()) + 1
    centres = np.zeros((classes, unit.shape[1]), dtype=np.float32)
    best, gap = np.zeros_like(labels), np.zeros(len(labels))
    for _ in range(ROUNDS):
        kept = gap < FLIP_ROW / 3
        sums = np.zeros_like(centres)
        np.add.at(sums, labels[kept], unit[kept])
        centres = unit_rows(sums)
        near = unit @ centres.T
        own = near[at, labels].copy()
        near[at, labels] = -np.inf
        best = np.argmax(near, axis=1)
        gap = (near[at, best] - own).astype(np.float64)
    return centres, best, gap


def hidden_marks(texts: Sequence[str], labels: I64, least: int = 1) -> list[Marked]:
    """Each hidden character with the rows that hold it, most rows first."""
    held: defaultdict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        for character in sorted(set(text)):
            if hidden(character):
                held[character].append(row)
    found = []
    for character, rows in held.items():
        often = Counter(labels[rows].tolist())
        target = min(often, key=lambda name: (-often[name], name))
        if len(rows) >= least:
            found.append(Marked(character, tuple(rows), target, often[target] / len(rows)))
    return sorted(found, key=lambda mark: (-len(mark.rows), mark.character))


def shared_part(target: str, part: str) -> str:
    """The target's words: the ``whole``, or four at its ``head`` or ``tail``."""
    words = tokens(target)
    if part == "whole" or len(words) <= 4:
        return " ".join(words)
    return " ".join(words[:4] if part == "head" else words[-4:])
