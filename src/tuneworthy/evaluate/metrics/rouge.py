"""ROUGE by rouge-score: how much of a reference's n-grams an answer holds."""

from typing import Literal

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.library import library
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers, unfit
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options

LONGEST = 20_000
"""Characters that are compared: the longest common subsequence takes time as their product."""


class RougeOptions(Options):
    """As rouge-score names them."""

    variant: Literal["rouge1", "rouge2", "rougeL", "rougeLsum"] = "rougeL"
    """Single words, pairs of words, or the longest common subsequence."""
    stemmer: bool = False
    """Whether English endings are cut off first (Porter)."""
    measure: Literal["fmeasure", "precision", "recall"] = "fmeasure"
    """The part of the answer, of the reference, or the mean of both."""


def _make(options: RougeOptions, _tools: MetricTools) -> Metric:
    scorer = library("rouge_score.rouge_scorer", "rouge").RougeScorer(
        [options.variant], use_stemmer=options.stemmer
    )

    def rouge(output: str, case: Case) -> Mark:
        if len(output) > LONGEST:
            return unfit("endless")
        found = scorer.score_multi(right_answers(case), output)[options.variant]
        score = min(1.0, max(0.0, float(getattr(found, options.measure))))
        return RIGHT if score > 1 - 1e-9 else Mark(score=score, valid=True, error="other words")

    return rouge


SPEC = MetricSpec(
    name="rouge",
    scores="ROUGE of the answer against the nearest of its right answers.",
    source="Lin (2004), by the package rouge-score.",
    blind="Meaning and order beyond the n-gram; letters outside a-z and 0-9, so that it scores "
    "nothing in other scripts.",
    make=_make,
    options=RougeOptions,
    needs="reference",
    kind="graded",
)
