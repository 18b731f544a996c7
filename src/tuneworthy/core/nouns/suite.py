"""Frozen evaluation cases, the ways to answer them, and how answers are scored."""

from typing import Any, ClassVar, Literal

from tuneworthy.core.nouns.base import Noun, Part


class Case(Part):
    """One held-out question. ``expected`` is the target text; ``accepted`` as in Example."""

    id: str
    request: str
    expected: str
    tools: tuple[dict[str, Any], ...] = ()
    accepted: dict[str, Any] | None = None
    segment: str = ""


class Suite(Noun):
    """Cases, metric and thresholds, frozen by digest before the first candidate run."""

    kind: ClassVar[str] = "suite"
    project: str
    dataset: str
    cases: str
    """Blob digest of the cases (JSONL)."""
    n: int
    metric: str
    target: float
    """The score the business needs, 0..1."""
    declared_gain: float
    """The gain over the best alternative that would justify tuning, 0..1."""
    created_at: str


ArmKind = Literal["zero_shot", "few_shot", "retrieval", "nearest_neighbour", "tuned"]


class Arm(Noun):
    """One way of answering the suite: a prompt over a model, or plain retrieval without one.

    ``system``, ``user`` and ``prefill`` are templates over ``{request}``, ``{tools}``, ``{name}``,
    ``{skeleton}`` and ``{labels}``; ``prefill`` starts the answer. ``k`` is the number of examples.
    """

    kind: ClassVar[str] = "arm"
    arm: ArmKind
    system: str = ""
    user: str = "{request}"
    prefill: str = ""
    k: int = 0
    note: str = ""
