"""What is known of one response, each fact under its name; null where nothing is known."""

from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part


class TracedSource(Part):
    """A source that a dataset was made of, and the digest of its bytes."""

    name: str
    digest: str


class TracedEvaluation(Part):
    """How the model that answered did on a suite; ``run`` is the evaluation run's id."""

    suite: str
    run: str
    score: Interval
    created_at: str


class TracedApproval(Part):
    """One decision that the serving manifest names; ``unknown`` when the ledger does not hold it.

    Null gate, person, role, decision and time then.
    """

    id: str
    gate: str | None = None
    person: str | None = None
    role: str | None = None
    decision: str | None = None
    created_at: str | None = None
    signature: Literal["verified", "broken", "unknown"]


class TracedDataset(Part):
    """The data that the model was trained on."""

    id: str
    rows: int
    sources: tuple[TracedSource, ...]


class AuditProof(Part):
    """That one event is in the log of a signed checkpoint; written to a file, it can be checked.

    ``index`` counts from 0. ``proof`` holds the hashes (hex) beside the way to the root, RFC 6962.
    """

    format: str
    body: str
    checkpoint: str
    index: int
    key: str
    proof: tuple[str, ...]


class TracedFacts(Part):
    """A response with everything behind it, by id and digest.

    ``generation`` counts the changes of the route up to the one that the response was given under;
    null for one that was recorded without it.
    """

    id: str
    created_at: str
    route: str
    generation: int | None
    arm: str
    manifest: str | None
    version: str | None
    state: str | None
    base: str | None
    adapter: str | None
    """Empty for a bare base model, which has no data, run or approvals either."""
    tokenizer: str | None
    template: str | None
    training_run: str | None
    submitted_by: str | None
    dataset: TracedDataset | None
    evaluations: tuple[TracedEvaluation, ...]
    approvals: tuple[TracedApproval, ...]
