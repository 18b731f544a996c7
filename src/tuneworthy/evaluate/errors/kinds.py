"""How many failures are of which kind."""

from collections.abc import Sequence

from tuneworthy.core.nouns.failures import ErrorKind
from tuneworthy.evaluate.errors.answered import Answered, ids

MOST = 20
OTHER = "other kinds"


def kinds(failures: Sequence[Answered]) -> tuple[ErrorKind, ...]:
    """Every failure in exactly one kind, commonest first; beyond 20 the rest is one."""
    held: dict[str, list[Answered]] = {}
    for row in failures:
        held.setdefault(row.kind, []).append(row)
    order = sorted(held, key=lambda kind: (-len(held[kind]), kind))
    parts = {kind: held[kind] for kind in order[:MOST]}
    rest = [row for kind in order[MOST:] for row in held[kind]]
    if rest:
        parts[OTHER] = parts.get(OTHER, []) + rest
    return tuple(
        ErrorKind(kind=kind, n=len(rows), share=len(rows) / len(failures), examples=ids(rows))
        for kind, rows in parts.items()
    )
