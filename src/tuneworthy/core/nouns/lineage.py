"""How two dataset versions differ, and where a row came from and went."""

from typing import Literal

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.dataset import Fate


class RowMove(Part):
    """One row that differs between two versions."""

    place: str
    """``source:line``, in the second version; in the first where the row was removed."""
    what: Literal["added", "removed", "changed", "moved"]
    before: str = ""
    """The split it stood in."""
    after: str = ""
    reason: str = ""
    """Why the second version has it not, where that is known."""


class DatasetDiff(Part):
    """What became of the rows of one version in another. Unchanged rows are counted alone."""

    before: str
    after: str
    same: int
    added: int
    removed: int
    changed: int
    """The row at that place says something else; rows above it may have come or gone."""
    moved: int
    """Same row, other split."""
    rows: tuple[RowMove, ...]
    """The rows that differ, by place."""
    sources_changed: tuple[str, ...]
    """Sources whose bytes differ or that only one of the two has."""


class Reached(Part):
    """A dataset version that holds a row, and what was made of that version."""

    dataset: str
    split: str
    record: str
    runs: tuple[str, ...] = ()
    """Training runs."""
    versions: tuple[str, ...] = ()
    """Model versions."""
    first_response: str = ""
    """When a version first answered live, ISO 8601; empty when none did."""
    last_response: str = ""
    responses: int = 0


class RowLineage(Part):
    """A source row on its whole way."""

    place: str
    fates: dict[str, Fate]
    """For a dataset version that left the row out, why."""
    reached: tuple[Reached, ...]
    """The dataset versions that hold it, oldest first."""


class Window(Part):
    """A span in which one manifest answered in one way, with nothing moving its traffic inside."""

    version: str
    manifest: str
    arm: str
    first: str
    """When the first response was given, ISO 8601."""
    last: str
    responses: int


class Recall(Part):
    """What a dataset version or a record reached, at the level of model versions.

    Every response of a version counts: nobody can say which rows a single answer came from.
    """

    asked: str
    datasets: tuple[str, ...]
    """The dataset versions concerned, oldest first."""
    versions: tuple[str, ...]
    """The model versions trained on them."""
    windows: tuple[Window, ...]
    """In order of time."""
    responses: int
    level: Literal["version"] = "version"
