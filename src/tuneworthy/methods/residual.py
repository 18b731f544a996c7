"""How many errors may be left after a review of a random sample that found few or none.

The bounds are exact and one-sided, at 95 %: Clopper and Pearson (1934), Biometrika 26, 404-413, for
a set so large that it counts as endless; the hypergeometric distribution for a finite set, as in
Cochran (1977), Sampling Techniques, section 3.6. With nothing found the first is the rule of three,
3/n (Hanley and Lippman-Hand 1983, JAMA 249, 1743-1745).
"""

import hashlib
import heapq

LEVEL = 0.95


def upper_bound(found: int, reviewed: int, population: int | None = None) -> float:
    """The largest share of errors that fits ``found`` of ``reviewed`` at 95 %; 1 for no review.

    With ``population`` the share is of all its rows, the reviewed ones and what was found included.

    Raises:
        ValueError: The counts contradict each other.
    """
    if not 0 <= found <= reviewed or (population is not None and reviewed > population):
        raise ValueError(f"{found} found of {reviewed} reviewed of {population}")
    if reviewed == 0 or found == reviewed:
        return 1.0
    if population is not None:
        return _most_errors(found, reviewed, population) / population
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    return float(stats.beta.ppf(LEVEL, found + 1, reviewed - found))


def review_size(most: float, population: int | None = None, allowed: int = 0) -> int:
    """The fewest rows to review so that ``allowed`` errors among them prove a share of ``most``.

    A finite population that is too small for the proof is reviewed whole.

    Raises:
        ValueError: ``most`` is not between 0 and 1, or ``allowed`` is negative.
    """
    if not 0 < most < 1 or allowed < 0:
        raise ValueError(f"a share of {most} with {allowed} errors allowed")
    low, high = allowed, max(2 * allowed, 16)
    if population is not None:
        high = population
    else:
        while upper_bound(allowed, high) > most:
            low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if upper_bound(allowed, middle, population) <= most:
            high = middle
        else:
            low = middle
    return high


def review_sample(population: int, size: int, seed: int) -> list[int]:
    """``size`` row numbers of ``range(population)``, ascending: the same anywhere for a seed.

    Those whose SHA-256 with the seed is smallest: every row has the same chance.
    """

    def rank(row: int) -> bytes:
        return hashlib.sha256(f"{seed}:{row}".encode()).digest()

    return sorted(heapq.nsmallest(size, range(population), key=rank))


def _most_errors(found: int, reviewed: int, population: int) -> int:
    """The largest number of errors in a population that leaves 5 % chance for so few found."""
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    low, high = found, population - (reviewed - found)
    while low < high:
        middle = (low + high + 1) // 2
        if stats.hypergeom.cdf(found, population, middle, reviewed) > 1 - LEVEL:
            low = middle
        else:
            high = middle - 1
    return low
