"""What the screens made of known poison that was planted into copies of a project's own rows."""

from tuneworthy.core.nouns.base import Part


class PoisonPlanted(Part):
    """One attack."""

    name: str
    about: str
    """What was done to the rows, in words."""
    rows: int
    """How many rows were planted; 0 where the data have no place for it."""
    added: float = 0.0
    """Share of them, 0..1, that blocking checks named when they came with a new version."""
    alone: float = 0.0
    """The same where nothing tells the new rows from the old ones."""


class PoisonDrill(Part):
    """All of them. An attack is blocked where at least half of its rows are named."""

    dataset: str
    rows: int
    """Rows of the copy, before anything was planted."""
    planted: int
    blocked: int
    recall: float | None
    """``blocked`` of ``planted``; None where nothing could be planted."""
    blocked_alone: int
    attacks: tuple[PoisonPlanted, ...]
