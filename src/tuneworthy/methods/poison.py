"""Screens for planted rows that no single row gives away: bursts, flipped classes, hidden marks.

Triggers have a file of their own (``triggers``). A screen says "look here", with its measured
certainty; it proves no intent.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneworthy.methods.label_noise import margins
from tuneworthy.methods.ngrams import hidden, tokens
from tuneworthy.methods.out_of_fold import F32, I64, nearest_rows, unit_rows

LEAST = 5
CHANCE = 0.001
NEIGHBOURS = 10
STRANGE = 0.9
PURE = 0.9
BURST = 8
FELLOW = 0.85
CLOSE = 0.6
"""Cosines: of a row that belongs to a burst, and of a neighbour that can speak for or against."""


class Cluster(NamedTuple):
    """Rows that belong together, the number of the target they share, and how strange they are."""

    rows: tuple[int, ...]
    target: int
    strange: float
    """Share of the rows whose neighbours outside the cluster mostly have other targets."""


class Flip(NamedTuple):
    """Rows of one given target that look like one other, more of them than the two are confused."""

    given: int
    looks_like: int
    rows: tuple[int, ...]
    log_p: float
    """Natural log of the corrected probability of so many by the usual confusion."""


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
    keys = [_part(target, part) for target in targets]
    often = Counter(keys)
    names = {key: i for i, key in enumerate(sorted(k for k, n in often.items() if n >= least))}
    return np.array([names.get(key, -1) for key in keys], dtype=np.int64)


def bursts(groups: Sequence[int], labels: I64, vectors: F32, least: int = BURST) -> list[Cluster]:
    """Groups of near-identical rows with one target whose surroundings have others.

    Args:
        groups: Each row's group of near-duplicates (any number per group).
        labels: Number of each row's target, -1 for a target of its own.
        vectors: Embeddings of the requests, [n, d].
        least: Smallest group to look at.
    """
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        members[group].append(row)
    unit = unit_rows(vectors)
    found = []
    for rows in members.values():
        often = Counter(labels[rows].tolist())
        target = min(often, key=lambda name: (-often[name], name))
        if len(rows) < least or target < 0 or often[target] < PURE * len(rows):
            continue
        inside = np.array(rows)
        strange = _strange(inside, target, labels, unit)
        if strange >= STRANGE:
            found.append(Cluster(tuple(rows), target, strange))
    return sorted(found, key=lambda cluster: (-len(cluster.rows), cluster.rows))


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


def flipped_classes(labels: I64, probabilities: F32, least: int = LEAST) -> list[Flip]:
    """Pairs of targets with more doubtful rows than the two are usually confused.

    The usual confusion is the mean probability of the other target among rows of the given target
    whose own target is the most probable one: how alike the two are where labels are right.

    Args:
        labels: Class numbers 0..k-1, [n].
        probabilities: Out-of-fold, [n, k].
        least: Fewest rows to speak of.
    """
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    doubt = margins(labels, probabilities) < 0
    rows = np.flatnonzero(doubt)
    looks = np.argmax(probabilities[rows], axis=1)
    pairs: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row, other in zip(rows.tolist(), looks.tolist(), strict=True):
        pairs[int(labels[row]), other].append(row)
    classes = probabilities.shape[1]
    found = []
    for (given, other), held in pairs.items():
        if len(held) < least:
            continue
        right = np.flatnonzero((labels == given) & ~doubt)
        size = len(right) + len(held)
        usual = max(float(probabilities[right, other].sum()), 1.0) / max(size, 1)
        back = len(pairs.get((other, given), ())) / max(1, int(np.sum(labels == other)))
        tail = float(stats.binom.logsf(len(held) - 1, size, min(0.5, max(usual, back))))
        tail += float(np.log(classes * max(1, classes - 1)))
        if tail < np.log(CHANCE):
            found.append(Flip(given, other, tuple(held), tail))
    return sorted(found, key=lambda flip: (flip.log_p, flip.rows))


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


def _part(target: str, part: str) -> str:
    words = tokens(target)
    if part == "whole" or len(words) <= 4:
        return " ".join(words)
    return " ".join(words[:4] if part == "head" else words[-4:])
