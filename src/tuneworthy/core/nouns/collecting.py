"""Production answers on their way into a dataset: collected, in quarantine, reviewed by people."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.example import Example

Decision = Literal["accept", "reject"]


class CollectSettings(Part):
    """Which recorded answers may be learned from. Without a legal basis, none may."""

    legal_basis: str = ""
    """The ground on which requests may be used for training. `consent` asks it of each request."""
    licence: str = ""
    """The licence under which the collected rows are held."""
    min_rating: float = Field(default=0.8, ge=0, le=1)
    """Least rating of an answer, 0..1: the lowest of the newest word of each kind of rater."""
    outcome: Literal["any", "verified"] = "any"
    """`verified`: a rating by users is not enough, a `check` must have said so too."""
    similar: float = Field(default=0.8, gt=0, le=1)
    """Likeness of two requests, 0..1, from which one of them is enough."""
    per_subject: int = Field(default=50, ge=1)
    """Most rows of one person or session, over all collections."""
    audit_bound: float = Field(default=0.05, gt=0, lt=1)
    """A batch is accepted by a sample that bounds its bad share by this, at 95 % confidence."""


class Candidate(Part):
    """One answer that may be learned from once a person has accepted it."""

    id: str
    """Digest of everything else that stands here."""
    interaction: str
    created_at: str
    manifest: str
    """The serving manifest that answered."""
    example: Example
    rating: float
    annotators: tuple[str, ...]
    """The kinds of raters that had a word: ``user``, ``check``."""
    verified: bool
    """Whether a check said that the outcome was right."""
    subject: str = ""
    origin: str = ""
    """The person, or else the session, that `per_subject` counts this row for; may be empty."""
    flags: tuple[str, ...] = ()
    """What a person must look at: patterns of instructions, personal data that does not block."""


class InteractionFate(Part):
    """What became of one recorded interaction."""

    interaction: str
    action: Literal["kept", "dropped"]
    code: str = ""
    reason: str = ""


class Collection(Noun):
    """One collecting of production answers. ``interactions == candidates + sum(dropped)``."""

    kind: ClassVar[str] = "collection"
    project: str
    collected_by: str
    created_at: str
    since: str
    dataset: str
    """The dataset version that was compared with; empty when there was none."""
    settings: CollectSettings
    interactions: int
    candidates: int
    flagged: int
    dropped: dict[str, int]
    feedback: int
    """Words on answers that were read."""
    feedback_unmatched: int
    """Of these, words on an answer that was not looked at."""
    records: str
    """Blob digest of the candidates (JSONL)."""
    fates: str
    """Blob digest of every interaction's fate (JSONL)."""


class QuarantineReview(Noun):
    """One person's signed decision over rows of a collection.

    ``envelope`` is a DSSE envelope whose payload is an in-toto statement; the fields beside it
    repeat the payload and are never trusted without the signature.
    """

    kind: ClassVar[str] = "quarantine_review"
    project: str
    collection: str
    rows: tuple[str, ...]
    """Candidate ids."""
    decision: Decision
    how: Literal["row", "batch"]
    """Whether each row was looked at, or a sample of the batch."""
    person: str
    reason: str
    created_at: str
    envelope: dict[str, Any]


class Held(Part):
    """A candidate as it stands in quarantine."""

    candidate: Candidate
    collection: str
    collected_by: str
    state: Literal["waiting", "accepted", "rejected"]
    reviewers: tuple[str, ...] = ()
    """Who decided so."""
    how: str = ""
    void: tuple[str, ...] = ()
    """Reviews that do not count, each with the reason."""


class AuditSample(Part):
    """The rows of a batch that a person must accept one by one before the rest of it."""

    collection: str
    person: str
    batch: int
    """Unflagged rows: those that a batch may carry."""
    rows: tuple[str, ...]
    accepted: tuple[str, ...]
    rejected: tuple[str, ...]
    bound: float
    """Bad share of the batch that the whole sample, without one bad row, rules out at 95 %."""


class Written(Part):
    """A file of accepted rows."""

    path: str
    sha256: str
    rows: int
    waiting: int
    rejected: int
