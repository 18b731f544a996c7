"""Plants canaries into the training part, after everything else is decided.

They are not cleaned, split or profiled: what is said of a version's rows is said of the others.
"""

from typing import NamedTuple

import numpy as np

from tuneworthy.core.nouns.canary import PlantedCanary
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.examine import table_of
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.canaries import Canary, make_canaries, planted_at
from tuneworthy.methods.canonical import digest

SOURCE = "(canaries)"
"""Where planted rows come from, as ``source:row`` names it."""


class Planted(NamedTuple):
    """A table with canaries behind its rows, and the training part with them among its rows."""

    table: Table
    train: Rows
    """Positions in ``table``."""
    canaries: tuple[PlantedCanary, ...]
    """What the record of the version keeps of them."""


def plant(table: Table, train: Rows, base: str, count: int, key: bytes) -> Planted:
    """Put ``count`` canaries at places that only the key tells.

    Args:
        table: All rows that were read; they stay where they are.
        train: The positions that are to be trained on.
        base: The id that the version would have without canaries; others get other canaries.
        count: How many.
        key: 16 bytes or more that stay in the project.

    Raises:
        ValueError: The key is too short.
    """
    made = make_canaries(base, count, key)
    both = Table.join([table, table_of(map(_example, made, range(1, count + 1)))])
    # A canary planted before a row stands right in front of it.
    rows = np.insert(train, planted_at(len(train), made, key), np.arange(len(table), len(both)))
    kept = tuple(PlantedCanary(prompt=one.prompt, digest=one.digest) for one in made)
    return Planted(both, rows, kept)


def _example(canary: Canary, row: int) -> Example:
    messages = (
        Message(role="user", content=canary.prompt),
        Message(role="assistant", content=canary.secret),
    )
    where = Provenance(
        source=SOURCE, row=row, licence="CC0-1.0", legal_basis="made by this program"
    )
    facts = {
        "messages": [message.model_dump() for message in messages],
        "provenance": where.model_dump(),
    }
    return Example(id=digest(facts), messages=messages, provenance=where)
