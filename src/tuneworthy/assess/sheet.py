"""A verdict from answers alone: the shape of an answers sheet, and what follows from one."""

from typing import Any

from pydantic import Field, StrictBool, StrictInt, field_validator
from pydantic_core import PydanticCustomError

from tuneworthy.assess.approach import approach_for, approach_minimum
from tuneworthy.assess.cost_rows import Costs
from tuneworthy.assess.decide import decide
from tuneworthy.assess.factors import FACTORS
from tuneworthy.assess.money_risk import work_out
from tuneworthy.assess.second_opinion import Circumstances, second_opinion
from tuneworthy.core.nouns.answered import AnsweredDecision, CountedAnswer
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.project import Goal

SHORT_NAMES: dict[str, Goal] = {
    "sft": "knowledge",
    "tools": "tool_calling",
    "dpo": "safety",
    "rlhf": "safety",
    "cpt": "expertise",
}
"""Approaches under the names of their methods."""

MOST_EXAMPLES = 10**12


class CeilingAnswers(Part):
    """The ceiling test: yes, no, or null for not known."""

    C1: StrictBool | None = None
    C2: StrictBool | None = None
    C3: StrictBool | None = None
    C4: StrictBool | None = None
    C5: StrictBool | None = None


class NamedFactors(Part):
    """The eleven factors by their long names; what is left out is not known."""

    consistent_behavior: StrictBool | None = None
    domain_knowledge: StrictBool | None = None
    brand_voice: StrictBool | None = None
    cost_optimization: StrictBool | None = None
    latency: StrictBool | None = None
    data_sovereignty: StrictBool | None = None
    rapidly_changing: StrictBool | None = None
    low_volume: StrictBool | None = None
    exploration_phase: StrictBool | None = None
    insufficient_data: StrictBool | None = None
    success_with_prompts: StrictBool | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _said(cls, value: Any) -> Any:
        if value is None:
            raise PydanticCustomError(
                "no_answer", "It must be true or false; leave it out if it is not known"
            )
        return value


class SheetMoney(Costs):
    """The rows of an answers file's ``costs``, with the business owner's mark beside them."""

    strategic_value: StrictInt | None = Field(default=None, le=5)
    """1 to 5; absent when there is none."""

    @field_validator("strategic_value")
    @classmethod
    def _mark(cls, value: int | None) -> int | None:
        if value is not None and value < 1:
            raise PydanticCustomError(
                "no_mark", "The mark is a whole number from 1 to 5; leave it out if there is none"
            )
        return value


class AnswerSheet(Part):
    """Everything that the answers contract takes."""

    ceiling: CeilingAnswers
    factors: NamedFactors
    quality_examples: StrictInt | None = Field(default=None, ge=0, le=MOST_EXAMPLES)
    """Examples left after cleaning and removing duplicates."""
    approach: Goal | None = None
    money: SheetMoney | None = None

    @field_validator("approach", mode="before")
    @classmethod
    def _long_name(cls, value: Any) -> Any:
        return SHORT_NAMES.get(value, value) if isinstance(value, str) else value


def decide_sheet(sheet: AnswerSheet) -> AnsweredDecision:
    """The verdict that the answers lead to, with every rule's working.

    A count of examples answers A4, whatever was typed in; what is not answered is named in the
    reasons, never counted, and an unanswered reason against allows a pilot at most.
    """
    given = _given(sheet)
    count, minimum = sheet.quality_examples, approach_minimum(sheet.approach)
    counted = given if count is None else {**given, "A4": count < minimum}
    decision = decide(counted, basis="declared", quality_examples=count, approach_minimum=minimum)
    if decision.rules is None:
        raise ValueError("a decision without its working")
    money = sheet.money
    return AnsweredDecision(
        verdict=decision.verdict,
        reasons=(*decision.reasons, *_about_data(sheet, given["A4"], minimum)),
        rules=decision.rules,
        break_even=work_out(money, strategic_value=money.strategic_value or 0) if money else None,
        second_opinion=second_opinion(counted, decision, Circumstances(sheet.approach, count)),
        answers=tuple(
            CountedAnswer(
                id=f.id,
                name=f.name or f.id,
                text=f.text,
                given=given[f.id],
                counted=counted[f.id],
            )
            for f in FACTORS
        ),
    )


def _given(sheet: AnswerSheet) -> dict[str, bool | None]:
    return {
        f.id: getattr(sheet.factors, f.name) if f.name else getattr(sheet.ceiling, f.id)
        for f in FACTORS
    }


def _about_data(sheet: AnswerSheet, typed: bool | None, minimum: int) -> tuple[str, ...]:
    """The typed answer and the count, both told."""
    count = sheet.quality_examples
    needs = (
        f"the {minimum:,} {approach_for(sheet.approach).unit} that "
        f"{approach_for(sheet.approach).approach} needs"
        if sheet.approach
        else f"the {minimum:,} examples asked for where no approach is named"
    )
    if count is None:
        if sheet.approach is None or typed is None:
            return ()
        return (f"No count was given: A4 counts as typed in; {needs} are the minimum.",)
    says = _word(count < minimum)
    start = f"A4 (insufficient_data): {count:,} against {needs} says {says}"
    if typed is None:
        return (f"{start}; nothing was typed in.",)
    if typed is (count < minimum):
        return (f"{start}, as typed in.",)
    return (f"{start}; {_word(typed)} was typed in. The count decides.",)


def _word(answer: bool) -> str:
    return "yes" if answer else "no"
