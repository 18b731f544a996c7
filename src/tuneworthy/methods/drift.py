"""Has what people ask changed? Two tests on embeddings, combined.

A permutation test of the maximum mean discrepancy sees one coherent new topic; a nearest-neighbour
novelty count sees scattered requests unlike any before. Either is nearly blind where the other
sees, so both run and Bonferroni combines them.

Sources: Gretton et al. (2012), "A Kernel Two-Sample Test", J. Mach. Learn. Res. 13, 723-773 (MMD
and its permutation null, with p = (1 + exceedances) / (1 + permutations)); Fisher (1922), J. R.
Stat. Soc. 85, 87-94 (exact test of a 2 x 2 table).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tuneworthy.core.nouns.base import Part
from tuneworthy.methods.bootstrap import FloatArray

NEIGHBOURS = 5
BANDWIDTH = 0.15
"""Share of the median squared distance; small, so that the kernel sees topics."""
NOVELTY_QUANTILE = 0.95
SHOWN = 5


class DriftNumbers(Part):
    """What the two tests say of a window."""

    p_mmd: float
    p_novelty: float
    p_value: float
    """min(1, 2 * min(p_mmd, p_novelty))."""
    novel_share: float
    """Share of the window beyond the reference's own 95 % neighbour distance."""
    most_novel: tuple[int, ...]
    """Rows of the window, the farthest first, at most five."""


def combo(
    reference: npt.NDArray[Any], window: npt.NDArray[Any], *, permutations: int = 999, seed: int
) -> DriftNumbers:
    """Test a window of embeddings (rows) against reference embeddings.

    Takes time and memory in the square of the rows. The smallest p it can give is
    2 / (permutations + 1), or less by novelty.

    Raises:
        ValueError: There are fewer than 6 reference rows, no window rows, or rows of other lengths.
    """
    if len(reference) <= NEIGHBOURS or len(window) == 0:
        raise ValueError(
            f"{len(reference)} reference and {len(window)} window rows; "
            f"at least {NEIGHBOURS + 1} and 1 are needed"
        )
    pooled = np.concatenate([reference, window]).astype(np.float64)
    squared = _squared_distances(pooled)
    p_mmd = _mmd_p(squared, len(reference), permutations, seed)
    p_novelty, far, share = _novelty(squared, len(reference))
    order = np.argsort(-far, kind="stable")[:SHOWN]
    return DriftNumbers(
        p_mmd=p_mmd,
        p_novelty=p_novelty,
        p_value=min(1.0, 2 * min(p_mmd, p_novelty)),
        novel_share=share,
        most_novel=tuple(int(row) for row in order),
    )


def _squared_distances(rows: FloatArray) -> FloatArray:
    norms = np.sum(rows * rows, axis=1)
    squared: FloatArray = np.maximum(norms[:, None] + norms[None, :] - 2 * rows @ rows.T, 0.0)
    np.fill_diagonal(squared, 0.0)
    return squared


def _mmd_p(squared: FloatArray, n: int, permutations: int, seed: int) -> float:
    """Permutation p of the squared MMD, every permutation in one matrix product."""
    total = len(squared)
    scale = float(np.median(squared[np.triu_indices(total, 1)])) * BANDWIDTH
    kernel = np.exp(-squared / scale) if scale > 0 else (squared == 0).astype(np.float64)
    # Weights 1/n on the reference and -1/m on the window make w K w the squared MMD.
    weights = np.full(total, 1 / n)
    weights[n:] = -1 / (total - n)
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(weights, (permutations, 1)), axis=1)
    drawn = np.einsum("ij,ij->i", shuffled @ kernel, shuffled)
    seen = float(weights @ kernel @ weights)
    # A permutation that only reorders equal rows must count as a tie, not as rounding says.
    reached = int(np.sum(drawn >= seen - 1e-12))
    return (1 + reached) / (1 + permutations)


def _novelty(squared: FloatArray, n: int) -> tuple[float, FloatArray, float]:
    """One-sided Fisher p, each window row's distance to its fifth neighbour, share beyond."""
    among = squared[:n, :n].copy()
    np.fill_diagonal(among, np.inf)
    own = np.sqrt(np.partition(among, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1])
    far = np.sqrt(np.partition(squared[n:, :n], NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1])
    limit = np.quantile(own, NOVELTY_QUANTILE)
    own_beyond, beyond = int(np.sum(own > limit)), int(np.sum(far > limit))
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    p_value: Any = stats.hypergeom.sf(beyond - 1, n + len(far), own_beyond + beyond, len(far))
    return float(p_value), far, beyond / len(far)
