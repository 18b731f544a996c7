"""A version of a dataset: what is in it, what was left out, and why."""

from typing import ClassVar, Literal

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.canary import PlantedCanary

SplitName = Literal["train", "validation", "test"]
POISON = frozenset(
    {
        "poison_trigger", "poison_phrase", "poison_burst", "label_flip", "poison_origin",
        "over_cap",
    }
)  # fmt: skip
"""Codes of the checks that look for planted behaviour."""


class Fate(Part):
    """What became of one source row that did not pass unchanged."""

    source: str
    row: int
    action: Literal["dropped", "changed"]
    code: str
    reason: str
    kept: str = ""
    """Where a duplicate's kept copy stands, as ``source:row``."""


class Finding(Part):
    """One thing a check has to say: how bad, which rows, how to mend it."""

    code: str
    severity: Literal["info", "warning", "block"]
    message: str
    rows: tuple[str, ...] = ()
    """``source:row`` places, the first twenty."""
    count: int = 0
    fix: str = ""


class Profile(Part):
    """Numbers about the kept rows. Lengths are in characters, shares in 0..1."""

    rows: int
    characters_median: float
    characters_p95: float
    characters_max: int
    target_characters_median: float
    distinct_targets: int
    format_consistency: float
    """Share of targets with the most common shape (JSON object, text, ...)."""
    diversity: float
    """Near-duplicate clusters divided by rows before near-duplicates were dropped."""
    segments: dict[str, int]


class PiiReport(Part):
    """What the personal-data and secrets scan found on the exact kept rows."""

    scanned: int
    detector_version: str
    counts: dict[str, int]
    unresolved_high: int
    """Findings of a kind that blocks training, still in the kept rows."""


class MakeUp(Part):
    """One trait of a held-out part, against the same trait of all rows outside it."""

    part: SplitName
    trait: Literal["target", "segment", "length"]
    """Lengths are compared by fifths of all rows."""
    distance: float
    """Share of the part's rows, 0..1, that would have to be of another kind to be like the rest."""
    p_value: float
    """Of no difference, adjusted by Holm over all comparisons of the version."""
    method: str
    """``chi-square``, ``permutation`` (rare kinds) or ``none`` (one kind alone)."""


class SplitReport(Part):
    """How rows were divided. Leakage: test rows with a twin in training, exact and near."""

    seed: int
    by: str
    sizes: dict[str, int]
    groups: int
    leakage_exact: int
    leakage_near: int
    kept: int = 0
    """Rows that stand where an earlier version put their requests."""
    make_up: tuple[MakeUp, ...] = ()
    """Whether the held-out parts are like the rest."""


class DatasetVersion(Noun):
    """A frozen dataset; ``id`` is its Merkle digest over record digests and split membership."""

    kind: ClassVar[str] = "dataset"
    project: str
    source_digests: dict[str, str]
    rows_in: int
    rows_out: int
    dropped: dict[str, int]
    records: dict[str, str]
    """Split name to the blob digest of its examples (JSONL)."""
    fates: str
    """Blob digest of every Fate (JSONL)."""
    findings: tuple[Finding, ...]
    profile: Profile
    pii: PiiReport
    split: SplitReport
    licence_coverage: float
    legal_basis_coverage: float
    canaries: tuple[PlantedCanary, ...] = ()
    """Made-up rows in the training part; profile, checks and PII report leave them out."""
    created_at: str

    @property
    def planted(self) -> tuple[Finding, ...]:
        """Findings about planted rows that block."""
        return tuple(f for f in self.findings if f.severity == "block" and f.code in POISON)
