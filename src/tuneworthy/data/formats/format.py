"""What a row format is: whether a row has it, how it is read, how an example is written in it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tuneworthy.core.nouns.example import Example, Message


class Fields:
    """A row's fields under our names, whatever the file calls them."""

    def __init__(self, values: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        self.values = values
        self.columns = columns

    def name(self, field: str) -> str:
        """The file's name for a field."""
        return self.columns.get(field, field)

    def path(self, field: str) -> str:
        """The field's JSON path in the file."""
        return f"$.{self.name(field)}"

    def get(self, field: str) -> Any:
        """The field's value; None where there is none."""
        return self.values.get(self.name(field))

    def __contains__(self, field: str) -> bool:
        return self.name(field) in self.values


class Parts(NamedTuple):
    """What a row says, before it is checked and gets its provenance."""

    messages: tuple[Message, ...]
    rejected: tuple[Message, ...] = ()
    rating: bool | None = None
    tools: Any = None
    """Declarations as they stand, where they stand elsewhere than in ``tools``."""
    annotators: tuple[str, ...] = ()
    labels: Mapping[str, Any] = {}
    """Values of ``segment``, ``timestamp`` and so on that the row holds elsewhere."""


class CannotWriteError(Exception):
    """An example says something that a format has no place for. The message is the reason."""


class Format(NamedTuple):
    """One row format."""

    name: str
    keys: tuple[str, ...]
    """Our names of the fields that it reads."""
    needed: tuple[str, ...]
    """The fields without which a row cannot have it."""
    read: Callable[[Fields], Parts]
    """Raises RowError."""
    fits: Callable[[Fields], bool] = lambda _: True
    """What must be true of the values, where names alone do not tell."""

    def has(self, fields: Fields) -> bool:
        """Whether a row has this format."""
        return all(field in fields for field in self.needed) and self.fits(fields)


Writer = Callable[[Example], dict[str, Any]]
"""An example as a row of a format. Raises CannotWriteError."""
