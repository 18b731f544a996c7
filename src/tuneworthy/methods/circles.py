"""Groups of numbers that are joined in pairs, directly or by way of others (union-find)."""

from collections.abc import Iterable


class Circles:
    """Disjoint groups of 0..n-1 (Tarjan 1975; path halving). The least member names a group."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def join(self, left: int, right: int) -> None:
        """Make one group of the two that hold these."""
        low, high = sorted((self.of(left), self.of(right)))
        self._parent[high] = low

    def of(self, node: int) -> int:
        """The least member of its group."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def all(self) -> list[int]:
        """The least member of each number's group, in order."""
        return [self.of(node) for node in range(len(self._parent))]


def circles(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of 0..count-1 the least number it is joined with, directly or by way of others."""
    found = Circles(count)
    for left, right in pairs:
        found.join(left, right)
    return found.all()
