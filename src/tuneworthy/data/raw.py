"""What every file format gives: numbered raw rows, or why a row could not be read."""

from typing import Any, NamedTuple


class RawRow(NamedTuple):
    """One row as it stands in the file; ``values`` is None when it could not be parsed."""

    number: int
    """Where it starts, from 1: the line in a file of lines, otherwise the record's place."""
    values: dict[str, Any] | None
    code: str = ""
    reason: str = ""
    """Starts with a column or JSON path, where there is one."""
    index: int = 0  # type: ignore[assignment]
    """The record's place in the file, from 0; blank lines and a header are no records."""
    size: int = 0
    """About how many bytes its values take; what is made together is bounded by it."""
