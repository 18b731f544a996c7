"""All that a report says of one project; every figure comes from the store."""

from typing import Any, ClassVar, Literal

from tuneworthy.core.nouns.base import Interval, Noun, Part
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.duties import DutySummary
from tuneworthy.core.nouns.gate import GateState
from tuneworthy.core.nouns.money import Money
from tuneworthy.core.nouns.monitoring import (
    Alert,
    DriftResult,
    LiveQuality,
    OverrideReview,
    Proposal,
)
from tuneworthy.core.nouns.run import Comparison, Cost
from tuneworthy.core.nouns.scorecard import Scorecard
from tuneworthy.core.nouns.serving import Rollout

LINEAGE = "Lineage is version-level: it names the dataset version, not single training rows."
"""How far a trace reaches; shown wherever one is."""


class ReportArm(Part):
    """One way of answering the held-out cases, with its score and price."""

    name: str
    kind: str
    score: Interval
    valid_share: float
    cpu_seconds: float
    tokens: int


class TraceStep(Part):
    """One link of the walk from a response to the people; gaps say ``unknown``."""

    label: str
    value: str
    status: Literal["verified", "recorded", "unknown", "broken"]


class AuditSummary(Part):
    """How long the chain is and whether it verifies."""

    events: int
    verified: bool
    head: str
    first_fault: str = ""


class AuditHead(Part):
    """The end of the chain as it stands, and the newest signed checkpoint of it."""

    events: int
    head: str
    """Hash of the last record; empty while there is none."""
    checkpoint: str = ""
    """Id of the newest checkpoint; empty while nothing was signed."""
    signed_events: int = 0
    """How many events it covers."""


class PackReport(AuditSummary):
    """What an audit pack, or a proof of one event, shows."""

    project: str = ""
    root: str
    """Merkle root over all its events, hex."""
    files: int = 0
    signed_by: str
    """The verifier key that signed it; empty when nobody did."""
    keys: tuple[str, ...] = ()
    """The verifier keys that the log names."""
    checkpoints: int = 0
    signed_events: int = 0
    """How many events its newest checkpoint covers."""
    external: int
    """How many events the checkpoint kept elsewhere covers; 0 when none was given."""
    approvals: int = 0
    evidence: int = 0
    signed_evidence: int = 0
    signed_words: int = 0
    shown: dict[str, Any] | None = None
    """The event that was asked for."""
    lines: tuple[str, ...]
    """The same in words, with what is not shown."""


class StageTime(Part):
    """When a stage of the life began and ended (UTC ISO stamps; end empty while it runs)."""

    name: str
    started_at: str
    ended_at: str
    state: Literal["done", "running", "blocked", "planned"]


class Report(Noun):
    """One project's report; ``id`` is derived from what it says."""

    kind: ClassVar[str] = "report"
    project: str
    use_case: str
    base_model: str
    tool_version: str
    created_at: str
    verdict_sentence: str
    """One sentence a sponsor can act on."""
    tone: Literal["ok", "warn", "bad"]
    declared: Decision | None
    evidenced: Decision | None
    scorecard: Scorecard
    dataset: DatasetVersion | None
    arms: tuple[ReportArm, ...]
    """Every alternative that was run, best first."""
    tuned: ReportArm | None
    target: float
    comparisons: tuple[Comparison, ...]
    """Tuned against the base and against the best alternative."""
    estimate: Cost | None
    actual: Cost | None
    gates: tuple[GateState, ...]
    rollouts: tuple[Rollout, ...]
    drift: DriftResult | None
    alerts: tuple[Alert, ...]
    proposals: tuple[Proposal, ...]
    trace: tuple[TraceStep, ...]
    trace_response: str
    audit: AuditSummary
    timeline: tuple[StageTime, ...]
    notes: tuple[str, ...]
    """What a reader must know: demonstration people, accelerated clocks, what was not measured."""
    next_step: str
    """The command to type next."""
    losses: tuple[float, ...] = ()
    """The training loss, step by step; empty when nothing was trained."""
    quality: tuple[LiveQuality, ...] = ()
    """Live answers against the release; empty while they were never reviewed."""
    overrides: OverrideReview | None = None
    """Replaced answers week by week; None while they were never reviewed."""
    duties: DutySummary | None = None
    """What people owe the model in production; None while no duty has begun."""
    money: Money | None = None
    """The break-even; None where nobody has typed in costs and returns."""
