"""A name that people give a model version, beside its own."""

from typing import ClassVar

from tuneworthy.core.nouns.base import Noun, Part

CHAMPION, CANDIDATE = "champion", "candidate"
"""Names that follow the traffic: the version in production, and the one that is on its way."""


class Alias(Noun):
    """A name of one's own for a version; it moves no traffic. ``id`` is ``<project>/<name>``."""

    kind: ClassVar[str] = "alias"
    project: str
    name: str
    version: str
    created_at: str


class Drilled(Part):
    """What a rollback drill measured."""

    version: str
    route: str
    seconds_back: float
    """From the word until every reader of the ledger sees the traffic taken back."""
    seconds_forward: float
    """The same for putting the version into its first stage again."""
    restored: bool
    """Whether exactly what answered before the drill answers after it."""
