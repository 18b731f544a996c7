"""The score interval of a difference of two paired shares.

Source: Tango (1998), Statistics in Medicine 17, 891-908: the differences that a score test with the
likelihood maximised under each of them does not reject. Chosen for its coverage at small n, as
Newcombe (1998), Statistics in Medicine 17, 2635-2650, and our own simulation find it.
"""

import math
from statistics import NormalDist


def tango(right: int, wrong: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Bounds of (right - wrong) / n at this confidence.

    Args:
        right: Cases that only the candidate gets right.
        wrong: Cases that only the baseline gets right.
        n: All cases.
        level: Confidence, 0..1.

    Raises:
        ValueError: The counts do not fit into n, or n is 0.
    """
    if n < 1 or right < 0 or wrong < 0 or right + wrong > n:
        raise ValueError(f"{right} and {wrong} of {n} cases")
    reach = NormalDist().inv_cdf((1 + level) / 2)
    found = (right - wrong) / n
    # The statistic falls as the difference supposed grows; it is 0 at the one found.
    low = _where(right, wrong, n, reach, -1.0, found)
    high = _where(right, wrong, n, -reach, found, 1.0)
    return low, high


def score_statistic(right: int, wrong: int, n: int, difference: float) -> float:
    """Tango's z for one supposed ``difference``; standard normal if it is the true one."""
    distance = right - wrong - n * difference
    if distance == 0:
        return 0.0
    b = -right - wrong + (2 * n - right + wrong) * difference
    c = -wrong * difference * (1 - difference)
    # Share of cases that only the baseline gets right, most likely under this difference.
    share = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * share + difference * (1 - difference))
    if variance <= 0:
        return math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _where(
    right: int, wrong: int, n: int, wanted: float, low: float, high: float, steps: int = 60
) -> float:
    """The difference between ``low`` and ``high`` at which the statistic is ``wanted``."""
    for _ in range(steps):
        middle = (low + high) / 2
        if score_statistic(right, wrong, n, middle) > wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2
