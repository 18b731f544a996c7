"""Which engine applies a step to many items; Daft is loaded when there is enough to do."""

from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from itertools import chain, islice
from typing import TypeVar

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.ports import Engine

A = TypeVar("A")
B = TypeVar("B")

FEW = 16
"""Items up to which starting other processes costs more than it brings."""


class LocalEngine:
    """An Engine on this machine: few items in this process, more in one process a core.

    Without Daft all is done in this process.
    """

    def map(self, step: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """The step's results, in the order of the items."""
        rest = iter(items)
        first = list(islice(rest, FEW + 1))
        if len(first) <= FEW or find_spec("daft") is None:
            return map(step, chain(first, rest))
        from tuneworthy.adapters.daft_engine import DaftEngine

        return DaftEngine().map(step, chain(first, rest))


def ray_engine(address: str) -> Engine:
    """Daft on the Ray cluster at an address; empty for the one that ``RAY_ADDRESS`` names.

    Raises ConfigProblem when Daft is not installed.
    """
    if find_spec("daft") is None or find_spec("ray") is None:
        raise ConfigProblem(
            "no_engine",
            "The engine 'ray' needs Daft and Ray, which are not installed.",
            fix="pip install 'tuneworthy[ray]', or set engine: local in tuneworthy.yaml.",
        )
    from tuneworthy.adapters.daft_engine import DaftEngine

    return DaftEngine(address)
