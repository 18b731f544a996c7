"""What an export wrote, and a look at a file before it is used."""

from tuneworthy.core.nouns.base import Part


class FilePreview(Part):
    """What the first rows of a file look like."""

    file: str
    format: str
    """Empty when no rows have a known one."""
    share: float
    """Of the rows looked at, the share that has it and can be read, 0..1."""
    rows: int
    """Rows that were looked at, at most 200."""
    fields: tuple[str, ...]
    mapping: str
    """YAML lines to put under the source; empty when none are needed."""
    turns: tuple[tuple[str, str], ...]
    """Role and text of each turn of the first row that could be read."""
    reasons: tuple[str, ...]
    """Why other rows cannot be read."""


class ExportedFile(Part):
    """One split as a file."""

    split: str
    path: str
    sha256: str
    written: int
    refused: dict[str, str]
    """For rows the format cannot say (``source:line``), why; the first hundred."""
    refused_count: int
    losses: dict[str, int]
    """What written rows had that the format has no place for."""


class Export(Part):
    """A dataset version as files other programs read."""

    dataset: str
    format: str
    files: tuple[ExportedFile, ...]
    others: tuple[str, ...]
    """The card, its Croissant twin, and a trainer's configuration."""
