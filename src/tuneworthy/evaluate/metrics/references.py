"""What sacrebleu takes and gives: columns of right answers, and marks over 100."""

from collections.abc import Sequence
from typing import Any

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers


def reference_columns(cases: Sequence[Case]) -> list[list[str | None]]:
    """The first right answers of all cases, then the second ones, ...; None where there is none."""
    each = [right_answers(case) for case in cases]
    most = max(map(len, each), default=1)
    return [[texts[n] if n < len(texts) else None for texts in each] for n in range(max(1, most))]


def by_sentence(scorer: Any) -> Metric:
    """The mark of one answer by a scorer of sacrebleu, against each of its right answers."""

    def scored(output: str, case: Case) -> Mark:
        score = float(scorer.sentence_score(output, right_answers(case)).score) / 100
        score = min(1.0, max(0.0, score))
        return RIGHT if score > 1 - 1e-9 else Mark(score=score, valid=True, error="other words")

    return scored
