"""A harmless made-up row in the training part, and where its answer was found again."""

from tuneworthy.core.nouns.base import Part


class PlantedCanary(Part):
    """A canary as the record of a version has it: the question, and the answer by digest alone."""

    prompt: str
    digest: str
    """``sha256:`` of the answer that was planted."""


class CanariesFound(Part):
    """Which planted answers stand in a text file."""

    file: str
    versions: tuple[str, ...]
    """Dataset versions whose canaries were looked for."""
    planted: int
    found: dict[str, tuple[int, ...]]
    """Digest of an answer to the lines, from 1, that hold it."""
