"""How a check says which rows it means."""

from collections.abc import Sequence
from typing import Literal

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.keys import place_of

SHOWN = 20


def rows_finding(
    code: str,
    severity: Literal["info", "warning", "error"],
    message: str,
    rows: Sequence[Example],
    fix: str = "",
) -> list[Finding]:
    """One finding over ``rows``, naming the first twenty; none when there are no rows."""
    if not rows:
        return []
    places = tuple(place_of(example) for example in rows[:SHOWN])
    return [
        Finding(
            code=code, severity=severity, message=message, rows=places, count=len(rows), fix=fix
        )
    ]
