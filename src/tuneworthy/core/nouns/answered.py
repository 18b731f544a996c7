"""What the answers contract gives back: a verdict from answers alone, without a project."""

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.decision import Verdict
from tuneworthy.core.nouns.money import Money
from tuneworthy.core.nouns.rules import Rules, SecondOpinion


class CountedAnswer(Part):
    """One answer as it was given and as it was counted (None: not known)."""

    id: str
    name: str
    """The name in the contract: ``low_volume`` for A2; ceiling questions keep their id."""
    text: str
    given: bool | None
    counted: bool | None
    """Other than given only for A4, where the number of examples decides."""


class AnsweredDecision(Part):
    """The verdict over declared answers. ``break_even`` is there where money was given."""

    verdict: Verdict
    reasons: tuple[str, ...]
    rules: Rules
    break_even: Money | None = None
    second_opinion: SecondOpinion
    answers: tuple[CountedAnswer, ...]

    @model_serializer(mode="wrap")
    def _without_blanks(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        if self.break_even is None:
            fields.pop("break_even", None)
        return fields
