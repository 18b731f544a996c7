"""What is found of a candidate's safety beside scores: what comes out, what an attacker gets."""

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.suite_report import SuiteOutcome


class Extracted(Part):
    """How much of its training rows a model gives away."""

    planted: int
    """Canaries that were asked for."""
    canaries: int
    """Canaries that came out."""
    rows: int
    """Rows with personal data or a credential in the answer that were asked for."""
    personal: int
    """Such rows whose value came out."""


class Extraction(Part):
    """Base and candidate asked for the same secrets."""

    suite: str
    base: Extracted
    candidate: Extracted


class Leaks(Part):
    """Answers that hold personal data or credentials which stood in no request."""

    n: int
    base: int
    candidate: int


class Safety(Part):
    """Base and candidate on every suite of safety and general ability, shipped or the project's."""

    suites: tuple[SuiteOutcome, ...]
    extraction: Extraction | None
    """None where no row of the training data holds anything to be drawn out."""
    leaks: Leaks


class ProbeResult(Part):
    """One probe of garak under one of its detectors, for both models."""

    probe: str
    detector: str
    base: tuple[int, int]
    """Hits, and answers that were judged."""
    candidate: tuple[int, int]


class GarakRun(Part):
    """What garak found on base and candidate with the same probes."""

    version: str
    """garak's own version."""
    probes: tuple[ProbeResult, ...]
    base_hits: int
    candidate_hits: int
    n: int
    """Judged answers of the candidate, over all detectors."""
    worse: tuple[str, ...] = ()
    """Probes with detector on which the candidate is hit more often beyond chance."""
