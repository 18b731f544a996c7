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


ArmKind = Literal["zero_shot", "few_shot", "retrieval", "decomposed", "nearest_neighbour", "tuned"]

_STEP = re.compile(r"\{step(\d+)\}")


class Arm(Noun):
    """One way of answering the suite: a prompt over a model, or plain retrieval without one.

    ``system``, ``user`` and ``prefill`` are templates over ``{request}``, ``{tools}``, ``{name}``,
    ``{skeleton}`` and ``{labels}``; ``prefill`` starts the answer. ``k`` is the number of examples.
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
        # The digest of a prompt without steps must stay what it was before there were any.
        facts: dict[str, Any] = handler(self)
        if not self.steps:
            facts.pop("steps", None)
        return facts
