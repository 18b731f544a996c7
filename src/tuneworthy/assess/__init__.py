"""Assess: is it worth tuning, and how ready is the project? Pure functions of evidence."""

from tuneworthy.assess.approach import (
    APPROACHES,
    HARD_FLOOR,
    Approach,
    approach_for,
    approach_minimum,
)
from tuneworthy.assess.arms import (
    CeilingArm,
    best_prompt,
    best_untuned,
    distinct_models,
    read_arms,
)
from tuneworthy.assess.cost_rows import Amount, CostRow, Costs, is_itemised, read_costs
from tuneworthy.assess.counting import is_ahead, live, sort_out
from tuneworthy.assess.decide import decide
from tuneworthy.assess.factors import (
    BESIDES,
    FACTORS,
    QUESTION_IDS,
    QUESTIONS,
    Factor,
    Question,
    of_kind,
)
from tuneworthy.assess.measured import measure, quality_examples
from tuneworthy.assess.money import STRATEGIC, break_even
from tuneworthy.assess.money_risk import break_even_of, work_out
from tuneworthy.assess.plan import ninety_days
from tuneworthy.assess.rubric import Predicate, Rubric
from tuneworthy.assess.rubric_file import RubricFaults, read_rubric, shipped_rubric, shipped_text
from tuneworthy.assess.scorecard import (
    band,
    may_release,
    may_scale,
    may_train,
    score,
    stopped_by,
)
from tuneworthy.assess.second_opinion import Circumstances, second_opinion
from tuneworthy.assess.sheet import AnswerSheet, decide_sheet
from tuneworthy.assess.standing import ServedVersion, Standing, TracedManifest
from tuneworthy.assess.verdict import alternatives_verdict, declared_and_evidenced, waivers
from tuneworthy.core.nouns.money import SHORT_ENOUGH, BreakEven

__all__ = [
    "APPROACHES",
    "BESIDES",
    "FACTORS",
    "HARD_FLOOR",
    "QUESTIONS",
    "QUESTION_IDS",
    "SHORT_ENOUGH",
    "STRATEGIC",
    "Amount",
    "AnswerSheet",
    "Approach",
    "BreakEven",
    "CeilingArm",
    "Circumstances",
    "CostRow",
    "Costs",
    "Factor",
    "Predicate",
    "Question",
    "Rubric",
    "RubricFaults",
    "ServedVersion",
    "Standing",
    "TracedManifest",
    "alternatives_verdict",
    "approach_for",
    "approach_minimum",
    "band",
    "best_prompt",
    "best_untuned",
    "break_even",
    "break_even_of",
    "decide",
    "decide_sheet",
    "declared_and_evidenced",
    "distinct_models",
    "is_ahead",
    "is_itemised",
    "live",
    "may_release",
    "may_scale",
    "may_train",
    "measure",
    "ninety_days",
    "of_kind",
    "quality_examples",
    "read_arms",
    "read_costs",
    "read_rubric",
    "score",
    "second_opinion",
    "shipped_rubric",
    "shipped_text",
    "sort_out",
    "stopped_by",
    "waivers",
    "work_out",
]
