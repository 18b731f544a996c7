"""ChrF by sacrebleu: F-score of character n-grams."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.library import library
from tuneworthy.evaluate.metrics.mark import Metric
from tuneworthy.evaluate.metrics.references import by_sentence, reference_columns
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options


class ChrfOptions(Options):
    """As sacrebleu names them."""

    word_order: int = Field(default=0, ge=0, le=2)
    """Word n-grams that count too; 2 makes it chrF++."""
    lowercase: bool = False
    """Whether the case of letters does not matter."""


def _chrf(options: ChrfOptions) -> Any:
    chrf = library("sacrebleu.metrics", "chrf").CHRF
    return chrf(word_order=options.word_order, lowercase=options.lowercase)


def _make(options: ChrfOptions, _tools: MetricTools) -> Metric:
    return by_sentence(_chrf(options))


def corpus_chrf(
    options: ChrfOptions, outputs: Sequence[str], cases: Sequence[Case]
) -> dict[str, float]:
    """ChrF over all cases together, in 0..1."""
    score = _chrf(options).corpus_score(list(outputs), reference_columns(cases))
    return {"corpus_chrf": float(score.score) / 100}


SPEC = MetricSpec(
    name="chrf",
    scores="chrF of the answer against its right answers, over 100; corpus chrF over all cases.",
    source="Popovic (2015), by sacrebleu (Post, 2018).",
    blind="Meaning; kinder than BLEU to inflected languages and short answers.",
    make=_make,
    options=ChrfOptions,
    needs="reference",
    kind="graded",
    summary=corpus_chrf,
)
