"""The engine that is always there: this process, one item after the other."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Here:
    """An Engine without any other process."""

    def map(self, step: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """The step's results, in the order of the items."""
        return map(step, items)


HERE = Here()
