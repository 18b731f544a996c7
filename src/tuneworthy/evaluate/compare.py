"""Candidate against baseline on the very same cases."""

from collections.abc import Sequence

from tuneworthy.core.nouns.run import CaseResult, Comparison
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.paired import compare as compare_scores


def compare(
    suite: str,
    candidate: tuple[str, Sequence[CaseResult]],
    baseline: tuple[str, Sequence[CaseResult]],
    baseline_name: str,
) -> Comparison:
    """The paired comparison of two runs; each is given as its id and its results.

    Raises:
        ValueError: The runs are not over the same cases in the same order.
    """
    if [row.case for row in candidate[1]] != [row.case for row in baseline[1]]:
        raise ValueError("the two runs are not over the same cases")
    paired = compare_scores([r.score for r in candidate[1]], [r.score for r in baseline[1]])
    facts = {
        "suite": suite,
        "candidate": candidate[0],
        "against": baseline[0],
        "against_name": baseline_name,
        "delta": paired.delta.model_dump(),
        "p_value": paired.p_value,
        "newly_right": paired.newly_right,
        "newly_wrong": paired.newly_wrong,
        "verdict": paired.verdict,
    }
    return Comparison.model_validate({"id": digest(facts), **facts})
