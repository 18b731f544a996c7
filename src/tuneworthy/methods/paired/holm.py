"""Several tests at once, with the chance of any false alarm kept at the level of one.

Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
"""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p of each test, in the order given: below alpha means rejected.

    Raises:
        ValueError: A p-value is not between 0 and 1.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("p-values lie between 0 and 1")
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    adjusted = [0.0] * len(p_values)
    so_far = 0.0
    for place, at in enumerate(order):
        so_far = max(so_far, min(1.0, (len(order) - place) * p_values[at]))
        adjusted[at] = so_far
    return adjusted
