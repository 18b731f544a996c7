"""Recall, precision and F2 per kind, by overlap.

A gold span is found when a prediction of its kind covers half of it; a prediction is right when
half of it lies on a gold span of its kind. F2 weighs recall twice (van Rijsbergen, 1979).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fresh_text import Span


class Score(NamedTuple):
    """Counts of one kind: gold spans, those found, predictions, those right."""

    gold: int
    found: int
    predicted: int
    right: int

    @property
    def recall(self) -> float:
        """Share of gold spans found; 1 when there are none."""
        return self.found / self.gold if self.gold else 1.0

    @property
    def precision(self) -> float:
        """Share of predictions that are right; 1 when there are none."""
        return self.right / self.predicted if self.predicted else 1.0

    @property
    def f2(self) -> float:
        """5PR / (4P + R)."""
        p, r = self.precision, self.recall
        return 5 * p * r / (4 * p + r) if p + r else 0.0


def score(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]], kinds: Iterable[str]
) -> dict[str, Score]:
    """One score a kind, and ``all`` over the kinds together."""
    kinds = list(kinds)
    counts: Counter[tuple[str, str]] = Counter()
    for truth, found in zip(gold, predicted, strict=True):
        for span in truth:
            counts[span.kind, "gold"] += 1
            counts[span.kind, "found"] += _covered(span, found)
        for span in found:
            counts[span.kind, "predicted"] += 1
            counts[span.kind, "right"] += _covered(span, truth)
    scores = {k: Score(*(counts[k, field] for field in Score._fields)) for k in kinds}
    scores["all"] = Score(*(sum(column) for column in zip(*scores.values(), strict=True)))
    return scores


def _covered(span: Span, others: Sequence[Span]) -> bool:
    return any(
        other.kind == span.kind
        and 2 * (min(span.end, other.end) - max(span.start, other.start)) >= span.end - span.start
        for other in others
    )
