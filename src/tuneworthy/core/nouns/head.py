"""Where a project stands: the current version of each thing that evidence is about."""

from typing import ClassVar

from tuneworthy.core.nouns.base import Noun


class Head(Noun):
    """Current digests of one project; ``id`` is the project's. Empty means not made yet."""

    kind: ClassVar[str] = "head"
    dataset: str = ""
    stood: str = ""
    """The dataset version that was left because rows of it were erased and it could not be built
    anew: the next build keeps the split of its other requests."""
    suite: str = ""
    training_run: str = ""
    version: str = ""
    """The model version's id."""
    model: str = ""
    """The model version's digest, which Proof and Release decide on."""
    route: str = ""
