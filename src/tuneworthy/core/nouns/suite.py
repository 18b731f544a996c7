"""Frozen evaluation cases, the ways to answer them, and how answers are scored."""

import re
from typing import Any, ClassVar, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.guards import GuardLimits
from tuneworthy.core.nouns.metric import MetricSettings


class Case(Part):
    """One held-out question. ``expected`` is the target text; ``accepted`` as in Example."""

    id: str
    request: str
    expected: str
    tools: tuple[dict[str, Any], ...] = ()
    accepted: dict[str, Any] | None = None
    segment: str = ""
    references: tuple[str, ...] = ()
    """Further right answers beside ``expected``."""
    context: str = ""
    """The text that the answer must rest on."""
    turns: tuple[Message, ...] = ()
    """What was said before the request."""
    choices: tuple[str, ...] = ()
    """The answers to choose from, where the likeliest one counts."""
    forbidden: tuple[str, ...] = ()
    """What the answer must not hold: a planted secret, or what an injected order asks for."""
    group: str = ""
    """Cases of one group resemble each other and are resampled together."""

    @model_serializer(mode="wrap")
    def _as_ever(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # The digest of a case without these fields must stay what it was before there were any.
        facts: dict[str, Any] = handler(self)
        for name in ("references", "context", "turns", "choices", "forbidden", "group"):
            if not getattr(self, name):
                facts.pop(name, None)
        return facts


SuiteRole = Literal["primary", "guard", "safety", "general"]
"""What a suite is for: the task, what must not get worse, harm, or abilities from before."""


class Suite(Noun):
    """Cases, metric and thresholds, frozen by digest before the first candidate run."""

    kind: ClassVar[str] = "suite"
    project: str
    dataset: str
    """Digest of the dataset version that the cases were taken from; empty for other sources."""
    cases: str
    """Blob digest of the cases (JSONL)."""
    n: int
    metric: str
    """The metric that decides; ``metrics`` has it first, with its options."""
    target: float
    """The score the business needs, 0..1; 0 where a suite of its own file names none."""
    declared_gain: float
    """The gain over the best alternative that would justify tuning, 0..1."""
    created_at: str
    name: str = "main"
    role: SuiteRole = "primary"
    metrics: tuple[MetricSettings, ...] = ()
    """Every metric with its options; empty: ``metric`` alone, without any."""
    margin: float | None = None
    """The loss against the base, 0..1, that is still called no worse; None: not compared so."""
    file: str = ""
    """Blob digest of what the suite's file says (JSON); empty for the test split's own suite."""
    guards: GuardLimits = GuardLimits()
    """How much slower, longer or dearer than the base a candidate may be."""


ArmKind = Literal["zero_shot", "few_shot", "retrieval", "decomposed", "nearest_neighbour", "tuned"]

Rerank = Literal["", "diverse", "tokens"]

_STEP = re.compile(r"\{step(\d+)\}")


class Arm(Noun):
    """One way of answering the suite: a prompt over a model, or plain retrieval without one.

    ``system``, ``user`` and ``prefill`` are templates over ``{request}``, ``{tools}``, ``{name}``,
    ``{skeleton}``, ``{labels}``, ``{context}`` and ``{choices}``; ``prefill`` starts the answer.
    ``k`` is the number of examples.
    A ``decomposed`` arm has ``steps`` instead of ``user``: each is a template too, which may use
    the answers of earlier steps as ``{step1}``, ``{step2}``, ...; the last step's answer counts.
    """

    kind: ClassVar[str] = "arm"
    arm: ArmKind
    system: str = ""
    user: str = "{request}"
    prefill: str = ""
    k: int = 0
    note: str = ""
    steps: tuple[str, ...] = Field(default=(), validate_default=True)
    rerank: Rerank = ""
    """Chooses among the 20 best found: ``diverse`` keeps the first and takes further ones that are
    not like those before them, ``tokens`` orders them by how well their words meet the request's.
    """

    @field_validator("rerank")
    @classmethod
    def _of_found(cls, rerank: Rerank, info: ValidationInfo) -> Rerank:
        if rerank and info.data.get("arm") not in ("retrieval", "nearest_neighbour"):
            raise ValueError("Only arms that retrieve examples can rerank them")
        return rerank

    @field_validator("steps")
    @classmethod
    def _in_order(cls, steps: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("arm") != "decomposed":
            if steps:
                raise ValueError("Only an arm of kind 'decomposed' has steps")
            return steps
        if len(steps) < 2:
            raise ValueError("A decomposed arm needs at least two steps")
        if info.data.get("user") != cls.model_fields["user"].default:
            raise ValueError("A decomposed arm has steps instead of 'user'")
        for number, step in enumerate(steps, 1):
            for found in _STEP.findall(step):
                if not 1 <= int(found) < number:
                    raise ValueError(f"Step {number} uses {{step{found}}}, which is not before it")
        return steps

    @model_serializer(mode="wrap")
    def _as_ever(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # The digest of a prompt without these must stay what it was before there were any.
        facts: dict[str, Any] = handler(self)
        if not self.steps:
            facts.pop("steps", None)
        if not self.rerank:
            facts.pop("rerank", None)
        return facts
