"""Models that judge answers, and how far they can be believed."""

from tuneworthy.evaluate.judges.agreement import (
    BAR,
    pairs_agreement,
    scores_agreement,
    standing,
)
from tuneworthy.evaluate.judges.asking import JudgeModel
from tuneworthy.evaluate.judges.bias import judge_bias, share_for_a
from tuneworthy.evaluate.judges.pairwise import judge_pairs
from tuneworthy.evaluate.judges.rating import rate_answers

__all__ = [
    "BAR",
    "JudgeModel",
    "judge_bias",
    "judge_pairs",
    "pairs_agreement",
    "rate_answers",
    "scores_agreement",
    "share_for_a",
    "standing",
]
