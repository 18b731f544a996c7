"""Rows of one origin that all the others speak against: what a planter with one source leaves.

Poison comes from somewhere: a source, an annotator, a user, the rows added since a version. Each
row is judged by its nearest rows of *other* origins, so planted rows cannot vouch for each other. A
row is spoken against when none of these has its target and most of them have one other. Honest
origins have such rows too, and an origin with a subject of its own has many, so a row counts only
amid rows of other origins. What no honest one has is many more of them than the rest, in one target
(activation clustering and spectral signatures look for the same clump inside a trained model: Chen
et al. 2018, Tran, Li and Madry 2018; here the origin stands in for the model).

Two exact tests (Fisher 1935, one-sided) must both hold: of all rows of the origin more are spoken
against under this target than of all other rows, and of its rows with this target more than of its
rows with others. An origin that is merely about something else fails the second; where it has
hardly any other target, most of its rows must be spoken against instead.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.out_of_fold import F32, I64, nearest_rows, unit_rows

LEAST = 6
"""Fewer rows cannot be told from chance."""
MOST_OF_ALL = 0.5
"""An origin of more than this share of all rows has no others to be judged by."""
NEIGHBOURS = 10
ENOUGH = 5
"""Neighbours of other origins from which a row can be judged."""
LOOKED_AT = 60
AGREE = 0.5
"""Share of the neighbours that have one other target where a row is spoken against."""
AMID = 0.5
"""Share of the rows around it, other than its fellows, that must be of other origins."""
OWN = 0.1
"""Rows of such a target are named up to this share of neighbours with their own target."""
CHANCE = 0.01
"""Of a false word in a set, by Bonferroni over all its origins and targets."""
NEARLY_ALL = 0.95
AMID_BROUGHT = 0.9
"""Share of rows with a phrase that must stand amid rows of others: it is asked of them without each
other, and what is left is farther off."""
CHANCE_BROUGHT = 1e-4
"""Of as many rows from one origin, were they drawn from all."""
_BLOCK = 1024

Mask = NDArray[np.bool_]


class Against(NamedTuple):
    """Rows of one origin and one target that the other origins speak against."""

    origin: int
    target: int
    rows: tuple[int, ...]
    chance: float
    """Of so many, were this origin like the others; by Bonferroni over all that was asked."""


class _Heard(NamedTuple):
    """What other origins say of each row, [n]."""

    own: NDArray[np.float64]
    """Share of the neighbours with the row's own target; nan where too few could be asked."""
    against: Mask


def spoken_against(labels: I64, origins: I64, vectors: F32) -> list[Against]:
    """Targets under which one origin has far more rows spoken against than all others.

    Time grows with the square of the rows; give at most some 20,000.

    Args:
        labels: Number of each row's target, [n]; -1 for a target of its own.
        origins: Number of each row's origin, [n]; -1 where it is not known.
        vectors: Embeddings of the requests, [n, d].

    Returns:
        One entry for each origin and target, the least likely first.
    """
    sizes = np.bincount(origins[origins >= 0]) if np.any(origins >= 0) else np.zeros(0, np.int64)
    asked = np.flatnonzero((sizes >= LEAST) & (sizes <= MOST_OF_ALL * len(labels)))
    if not len(asked):
        return []
    unit = unit_rows(vectors)
    near = _all_near(unit)
    pairs = sum(len(_targets(labels, origins == origin)) for origin in asked.tolist())
    found = [
        one
        for origin in asked.tolist()
        for one in _of_origin(labels, origins == origin, origin, unit, near, pairs)
    ]
    return sorted(found, key=lambda one: (one.chance, one.origin, one.target))


def brought_by(rows: I64, origins: I64, vectors: F32) -> int:
    """The origin that nearly all of some rows come from, though others have rows like them; or -1.

    Args:
        rows: Rows that have something in common, as a phrase.
        origins: Number of each row's origin, [n]; -1 where it is not known.
        vectors: Embeddings of the requests, [n, d].
    """
    numbers, counts = np.unique(origins[rows], return_counts=True)
    number = int(numbers[np.argmax(counts)])
    share = float(np.mean(origins == number))
    if number < 0 or counts.max() < NEARLY_ALL * len(rows) or share > MOST_OF_ALL:
        return -1
    if len(np.unique(origins)) * share ** int(counts.max()) > CHANCE_BROUGHT:
        return -1
    unit = unit_rows(vectors)
    fellows = np.zeros(len(origins), dtype=bool)
    fellows[rows] = True
    near = nearest_rows(unit, unit[rows], LOOKED_AT + 1)
    amid = _amid(near, origins == number, fellows)
    return number if amid.mean() >= AMID_BROUGHT else -1


def _targets(labels: I64, mine: Mask) -> I64:
    """Targets that the origin shares with others often enough to be compared."""
    ours, theirs = (np.bincount(labels[rows & (labels >= 0)]) for rows in (mine, ~mine))
    both = min(len(ours), len(theirs))
    return np.flatnonzero((ours[:both] >= LEAST) & (theirs[:both] >= LEAST))


def _of_origin(
    labels: I64, mine: Mask, origin: int, unit: F32, near: I64, pairs: int
) -> list[Against]:
    targets = _targets(labels, mine)
    if not len(targets):
        return []
    heard = _heard(labels, ~mine, unit, near)
    found = []
    for target in targets.tolist():
        with_it = labels == target
        fellows = np.flatnonzero(mine & with_it)
        amid = np.zeros(len(labels), dtype=bool)
        amid[fellows] = _amid_others(fellows, mine, mine & with_it, near)
        hit = heard.against & (amid | ~mine | ~with_it)
        chance = pairs * _beyond(hit & with_it, mine)
        if np.count_nonzero(hit[fellows]) < LEAST or chance > CHANCE:
            continue
        if np.count_nonzero(mine & ~with_it) < LEAST:
            if np.mean(hit[fellows]) < AGREE:
                continue
        elif pairs * _beyond(hit[mine], with_it[mine]) > CHANCE:
            continue
        rows = fellows[heard.own[fellows] <= OWN]
        found.append(Against(origin, target, tuple(rows.tolist()), chance))
    return found


def _amid_others(rows: I64, mine: Mask, fellows: Mask, near: I64) -> Mask:
    """Which rows stand amid rows of other origins, fellows left out, [len(rows)].

    Args:
        rows: The rows asked about.
        mine: Rows of their origin, [n].
        fellows: Rows that do not count as neighbours, [n].
        near: Nearest rows of every row, [n, k], as ``_all_near`` gives them.
    """
    return _amid(near[rows], mine, fellows)


def _amid(around: I64, mine: Mask, fellows: Mask) -> Mask:
    asked = ~fellows[around]
    asked &= np.cumsum(asked, axis=1) <= NEIGHBOURS
    theirs = (asked & ~mine[around]).sum(axis=1)
    return np.asarray(theirs >= AMID * asked.sum(axis=1))


def _beyond(hit: Mask, inside: Mask) -> float:
    """Chance of so many hits inside as there are, if hits fell alike inside and outside."""
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    hits = int(np.count_nonzero(hit))
    both = int(np.count_nonzero(hit & inside))
    return float(stats.hypergeom.sf(both - 1, len(hit), hits, int(np.count_nonzero(inside))))


def _all_near(unit: F32) -> I64:
    """The nearest rows of every row, itself left out, [n, <= LOOKED_AT]; nearest first."""
    parts = []
    for start in range(0, len(unit), _BLOCK):
        block = nearest_rows(unit, unit[start : start + _BLOCK], LOOKED_AT + 1)
        itself = block == np.arange(start, start + len(block))[:, None]
        itself[~itself.any(axis=1), -1] = True  # among many copies of its own
        parts.append(block[~itself].reshape(len(block), -1))
    return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.int64)


def _heard(labels: I64, known: Mask, unit: F32, near: I64) -> _Heard:
    """What the ``known`` rows say of every row."""
    may = known[near]
    first = may & (np.cumsum(may, axis=1) <= NEIGHBOURS)
    own, against = _votes(labels, near, first, labels)
    # Rows amid copies of their own origin: ask the others directly.
    alone = np.flatnonzero(~known & (first.sum(axis=1) < NEIGHBOURS))
    if len(alone):
        theirs = np.flatnonzero(known)
        far = theirs[nearest_rows(unit[theirs], unit[alone], NEIGHBOURS)]
        own[alone], against[alone] = _votes(labels, far, np.ones(far.shape, bool), labels[alone])
    return _Heard(own, against)


def _votes(labels: I64, near: I64, asked: Mask, mine: I64) -> tuple[NDArray[np.float64], Mask]:
    """Share of each row's neighbours with its own target, and whether they speak against it."""
    said = np.where(asked, labels[near], -2)
    count = np.maximum(asked.sum(axis=1), 1)
    own = (said == mine[:, None]).sum(axis=1) / count
    # How often the neighbours' commonest target stands there: each is compared with all others.
    same = (said[:, :, None] == said[:, None, :]) & (said >= 0)[:, :, None]
    most = same.sum(axis=1).max(axis=1, initial=0) / count
    enough = asked.sum(axis=1) >= ENOUGH
    own[~enough] = np.nan
    return own, enough & (own == 0) & (most >= AGREE)
