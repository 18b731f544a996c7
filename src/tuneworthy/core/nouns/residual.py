"""A review of rows for personal data that the patterns missed: its sample and its outcome."""

from tuneworthy.core.nouns.base import Part


class ResidualSample(Part):
    """Rows drawn for a person to read. The same everywhere for a population, size and seed."""

    of: str
    """The dataset version, or the SHA-256 of the file."""
    population: int
    size: int
    seed: int
    id: str
    """Digest of the four above."""
    path: str = ""
    """The file to be filled in."""
    clean_bound: float = 1.0
    """The bound if nothing is found."""


class ResidualReview(Part):
    """What a person found in a sample."""

    of: str
    population: int
    reviewed: int
    found: int
    upper: float
    """Largest share of rows with personal data that fits, 0..1, at 95 %."""
    places: tuple[str, ...]
    """Where it was found, ``source:line``."""
    seed: int
    sample: str
    person: str = ""
    draws: int = 1
    """Samples that were drawn of this version. The bound is that of one; more were looked for."""
    recorded: bool = False
    """Whether it is evidence on a dataset version."""
