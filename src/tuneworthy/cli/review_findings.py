"""What people said in a blind review, as findings for CI, and whether it stops the candidate."""

from tuneworthy.cli.comparison import VERDICTS
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.comparing import SegmentDelta
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.review_result import CriterionMean, PairsResult, RatingsResult

WORSE = "clearly worse"


def stops(found: PairsResult | RatingsResult) -> list[str]:
    """Why the candidate does not pass; empty when people do not clearly prefer the other one."""
    return [one.message for one in findings(found) if one.severity == "block"]


def findings(found: PairsResult | RatingsResult) -> list[Finding]:
    """One finding for the whole and one for each segment, or one for each criterion."""
    if isinstance(found, PairsResult):
        return [_pairs(found), *[_segment(one) for one in found.segments]]
    return [_criterion(found, one) for one in found.criteria]


def _pairs(found: PairsResult) -> Finding:
    return Finding(
        code=f"people_{VERDICTS[found.verdict]}",
        severity="block" if found.verdict == WORSE else "info",
        message=f"By what people prefer {found.candidate} is {found.verdict} beside "
        f"{found.baseline}: win rate {_interval(found.win)} over {found.cases} cases, "
        f"{found.n} pairs judged, p = {found.p_value:.2g}.",
        count=found.n,
    )


def _segment(one: SegmentDelta) -> Finding:
    return Finding(
        code=f"segment_{one.segment}",
        severity="block" if one.verdict == WORSE else "info",
        message=f"Segment '{one.segment}' is {one.verdict}: {_interval(one.delta)}, n = {one.n}, "
        f"p = {one.p_holm:.2g} after Holm.",
        count=one.n,
    )


def _criterion(found: RatingsResult, one: CriterionMean) -> Finding:
    if one.delta is None or one.verdict is None:
        told = f"{found.candidate} has {_interval(one.mean)} of 1 to {one.highest}."
    else:
        told = (
            f"{found.candidate} is {one.verdict} beside {found.baseline}: "
            f"{_interval(one.delta)} on 1 to {one.highest}."
        )
    return Finding(
        code=f"criterion_{one.criterion}",
        severity="block" if one.verdict == WORSE else "info",
        message=f"By '{one.criterion}' {told}",
        count=found.n,
    )


def _interval(found: Interval) -> str:
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
