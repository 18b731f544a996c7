"""When a measured number is a yes, a no, or not known: the whole interval must take one side."""

from typing import Any, Literal

from tuneworthy.assess.factors import QUESTIONS
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.ceiling_signal import CeilingSignal, SignalAnswer
from tuneworthy.methods.intervals import wilson

SignalId = Literal["S1", "S2", "S3", "S4", "S5", "S6"]

_TEXTS = {question.id: question.text for question in QUESTIONS if question.kind == "signal"}


def above(interval: Interval, threshold: float) -> SignalAnswer:
    """Yes when the whole 95 % interval lies above, no when none of it does, else unknown."""
    if interval.n == 0:
        return "unknown"
    if interval.low > threshold:
        return "yes"
    return "no" if interval.high <= threshold else "unknown"


def share_signal(id_: SignalId, hits: int, n: int, threshold: float, detail: str) -> CeilingSignal:
    """The signal of a share with Wilson's interval against a threshold (both 0..1)."""
    share = wilson(hits, n)
    answer = above(share, threshold)
    if answer == "unknown" and n:
        detail += " The interval lies on both sides of the threshold; more cases would settle it."
    return signal(
        id_,
        answer,
        f"yes when the whole 95 % Wilson interval of the share lies above {threshold:.0%}, "
        "no when none of it does",
        detail,
        value=share.value if n else None,
        low=share.low if n else None,
        high=share.high if n else None,
        n=n,
    )


def signal(
    id_: SignalId, answer: SignalAnswer, rule: str, detail: str, **numbers: Any
) -> CeilingSignal:
    """The signal with the text of its question."""
    return CeilingSignal(
        id=id_, text=_TEXTS[id_], answer=answer, rule=rule, detail=detail, **numbers
    )
