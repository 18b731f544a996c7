"""Models that judge answers, and how far they can be believed."""

from tuneworthy.evaluate.judges.agreement import (
    BAR,
    pairs_agreement,
    scores_agreement,
    standing,
)
from tuneworthy.evaluate.judges.asking import JudgeModel
from tuneworthy.evaluate.judges.bias import judge_bias, share_for
from tuneworthy.evaluate.judges.pairwise import judge_pairs
from tuneworthy.evaluate.judges.rating import rate_answers
from tuneworthy.evaluate.judges.report import answers_report, pairs_report, rubric_identity

__all__ = [
    "BAR",
    "JudgeModel",
    "answers_report",
    "judge_bias",
    "judge_pairs",
    "pairs_agreement",
    "pairs_report",
    "rate_answers",
    "rubric_identity",
    "scores_agreement",
    "share_for",
    "standing",
]
