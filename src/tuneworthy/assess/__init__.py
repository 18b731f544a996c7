"""Assess: is it worth tuning, and how ready is the project? Pure functions of evidence."""

from tuneworthy.assess.approach import (
    APPROACHES,
    HARD_FLOOR,
    Approach,
    approach_for,
    approach_minimum,
)
from tuneworthy.assess.arms import CeilingArm, best_prompt, best_untuned, read_arms
from tuneworthy.assess.decide import decide
from tuneworthy.assess.factors import FACTORS, QUESTIONS, Factor, Question, of_kind
from tuneworthy.assess.measured import measure, quality_examples
from tuneworthy.assess.money import BreakEven, CostRow, Costs, break_even, read_costs
from tuneworthy.assess.rubric import Predicate, Rubric, read_rubric, shipped_rubric
from tuneworthy.assess.scorecard import band, may_release, may_scale, may_train, score
from tuneworthy.assess.verdict import alternatives_verdict, declared_and_evidenced, waivers

__all__ = [
    "APPROACHES",
    "FACTORS",
    "HARD_FLOOR",
    "QUESTIONS",
    "Approach",
    "BreakEven",
    "CeilingArm",
    "CostRow",
    "Costs",
    "Factor",
    "Predicate",
    "Question",
    "Rubric",
    "alternatives_verdict",
    "approach_for",
    "approach_minimum",
    "band",
    "best_prompt",
    "best_untuned",
    "break_even",
    "decide",
    "declared_and_evidenced",
    "may_release",
    "may_scale",
    "may_train",
    "measure",
    "of_kind",
    "quality_examples",
    "read_arms",
    "read_costs",
    "read_rubric",
    "score",
    "shipped_rubric",
    "waivers",
]
