"""What every file format gives: numbered raw rows, or why a row could not be read."""

from typing import Any, NamedTuple


class RawRow(NamedTuple):
    """One row as it stands in the file; ``values`` is None when it could not be parsed."""

    number: int
    values: dict[str, Any] | None
    code: str = ""
    reason: str = ""
    """Starts with a column or JSON path, where there is one."""
