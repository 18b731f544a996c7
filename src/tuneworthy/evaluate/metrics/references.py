"""Right answers in the shape that sacrebleu takes."""

from collections.abc import Sequence

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import right_answers


def reference_columns(cases: Sequence[Case]) -> list[list[str | None]]:
    """The first right answers of all cases, then the second ones, ...; None where there is none."""
    each = [right_answers(case) for case in cases]
    most = max(map(len, each), default=1)
    return [[texts[n] if n < len(texts) else None for texts in each] for n in range(max(1, most))]
