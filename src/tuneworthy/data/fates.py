"""What became of rows that did not pass, each with its place and reason."""

from collections.abc import Iterator

import numpy as np

from tuneworthy.core.nouns.dataset import Fate
from tuneworthy.data.table import Table


def fates_of(table: Table) -> Iterator[Fate]:
    """The rows that could not be used."""
    bad = table.take(np.flatnonzero(table.columns.column("fault").is_valid().to_numpy()))
    columns = (bad.values(name) for name in ("source", "line", "fault", "reason"))
    for source, line, fault, reason in zip(*columns, strict=True):
        where = f"{source.rsplit('/', 1)[-1]}:{line}"
        text = f"{where} {reason}"
        yield Fate(source=source, row=line, action="dropped", code=fault, reason=text[:300])


def dropped(table: Table, at: int, code: str, reason: str, kept: str = "") -> Fate:
    """A row that is left out. ``reason`` goes on from the row's place."""
    return Fate(
        source=table.columns.column("source")[at].as_py(),
        row=table.columns.column("line")[at].as_py(),
        action="dropped",
        code=code,
        reason=f"{table.places[at]} {reason}",
        kept=kept,
    )
