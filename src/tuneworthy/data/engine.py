"""Where batches of rows are examined: in this process, or wherever an engine takes them.

A step given to an engine is pure and knows one batch alone. So results are the same whatever
examined them, and they come back in the order of the batches.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa  # type: ignore[import-untyped]

from tuneworthy.data.raw import RawRow

if TYPE_CHECKING:
    from tuneworthy.data.examine import Seen

Batch = tuple[int, list[RawRow]]
"""The position of the first row, and the rows."""
Step = Callable[[int, list[RawRow]], "tuple[pa.RecordBatch, Seen]"]


class Engine(Protocol):
    """Maps a step over batches, in order."""

    def __call__(
        self, step: Step, batches: Iterable[Batch]
    ) -> "Iterator[tuple[pa.RecordBatch, Seen]]":
        """The step's result for every batch."""
        ...


def here(step: Step, batches: Iterable[Batch]) -> "Iterator[tuple[pa.RecordBatch, Seen]]":
    """The engine that is always there: this process, one batch after the other."""
    for first, rows in batches:
        yield step(first, rows)
