"""Tests of no difference between two arms, chosen by what the scores are.

Sources: McNemar (1947), Psychometrika 12, 153-157, in its exact binomial form; Wilcoxon (1945),
Biometrics Bulletin 1, 80-83, in its exact form given the ties (Pratt and Gibbons 1981, section
3.7); flipping the signs of whole groups after Fisher (1935), "The Design of Experiments", section
21, with the count of drawn flips as in Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9.
"""

import math
from typing import NamedTuple

import numpy as np

from tuneworthy.methods.bootstrap import FloatArray
from tuneworthy.methods.paired.pairs import Pairs

EXACT_RANKS = 200
"""Up to so many changed cases the signed ranks' distribution is counted out."""
EXACT_FLIPS = 16
"""Up to so many groups all flips are counted out."""
FLIPS = 20_000
_DIGITS = 12
"""Differences that agree so far are ties: what is beyond is rounding."""


class Tested(NamedTuple):
    """A two-sided p, the test's name, and why it was that one."""

    p_value: float
    name: str
    why: str


def significance(pairs: Pairs, *, seed: int = 7) -> Tested:
    """The test that these pairs ask for."""
    if pairs.groups is not None:
        sums, _ = pairs.units
        exact = int(np.sum(sums != 0)) <= EXACT_FLIPS
        how = "all sign flips of groups" if exact else f"{FLIPS:,} sign flips of groups"
        why = f"cases of one group resemble each other, and there are {len(sums)} groups"
        return Tested(sign_flips(sums, seed=seed), how, why)
    if pairs.binary:
        return Tested(mcnemar(pairs.better, pairs.worse), "exact McNemar", "every score is 0 or 1")
    changed = pairs.better + pairs.worse
    how = "exact" if changed <= EXACT_RANKS else "normal approximation"
    return Tested(
        signed_ranks(pairs.differences),
        f"Wilcoxon signed ranks ({how})",
        "scores are graded, and single cases stand for themselves",
    )


def mcnemar(newly_right: int, newly_wrong: int) -> float:
    """McNemar's exact two-sided p: is either direction of change more frequent than a coin's?"""
    changed = newly_right + newly_wrong
    if changed == 0:
        return 1.0
    from scipy import special  # noqa: PLC0415 - takes a while to load

    return min(1.0, 2 * float(special.bdtr(min(newly_right, newly_wrong), changed, 0.5)))


def signed_ranks(differences: FloatArray) -> float:
    """Wilcoxon's two-sided p. Cases without change are left out, ties share their mean rank."""
    changed = differences[differences != 0]
    n = len(changed)
    if n == 0:
        return 1.0
    doubled, counts = _doubled_ranks(np.abs(changed))
    won = int(doubled[changed > 0].sum())
    total = n * (n + 1)  # of the doubled ranks
    if n <= EXACT_RANKS:
        return _exact_ranks(doubled, min(won, total - won))
    ties = float(np.sum(counts**3 - counts)) / 48
    sd = math.sqrt(n * (n + 1) * (2 * n + 1) / 24 - ties)
    return math.erfc(abs(won / 2 - total / 4) / sd / math.sqrt(2))


def _doubled_ranks(sizes: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """Twice the mean rank of each size, which is whole, and how often each size stands there."""
    same = np.round(sizes / sizes.max(), _DIGITS)
    _, place, counts = np.unique(same, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (2 * last - counts + 1)[place], counts


def _exact_ranks(doubled: np.ndarray, smaller: int) -> float:
    """Twice the chance that the ranks of fair coins' heads sum to ``smaller`` or less."""
    chance = np.zeros(int(doubled.sum()) + 1)
    chance[0] = 1.0
    for rank in doubled:
        moved = np.zeros_like(chance)
        moved[rank:] = chance[: len(chance) - rank]
        chance = (chance + moved) / 2
    return min(1.0, 2 * float(chance[: smaller + 1].sum()))


def sign_flips(sums: FloatArray, *, seed: int = 7) -> float:
    """Two-sided p of the sum when every group's sign might as well have been the other.

    Args:
        sums: The sum of differences of each group.
        seed: Of the flips drawn where there are too many to count out.
    """
    moved = sums[sums != 0]
    if len(moved) == 0:
        return 1.0
    found = abs(float(moved.sum()))
    least = found - 1e-9 * float(np.abs(moved).sum())
    if len(moved) <= EXACT_FLIPS:
        bits = np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved)) & 1
        return float(np.mean(np.abs((1.0 - 2.0 * bits) @ moved) >= least))
    rng = np.random.default_rng(seed)
    as_far = 0
    rows = max(1, 4_000_000 // len(moved))
    for start in range(0, FLIPS, rows):
        signs = rng.integers(0, 2, (min(rows, FLIPS - start), len(moved)), dtype=np.int8)
        as_far += int(np.sum(np.abs((1.0 - 2.0 * signs) @ moved) >= least))
    return (1 + as_far) / (1 + FLIPS)
