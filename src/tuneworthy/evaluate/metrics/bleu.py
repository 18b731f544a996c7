"""BLEU by sacrebleu, so that the figure equals everybody else's."""

from collections.abc import Sequence
from typing import Any, Literal

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.library import library
from tuneworthy.evaluate.metrics.mark import Metric
from tuneworthy.evaluate.metrics.references import by_sentence, reference_columns
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options


class BleuOptions(Options):
    """As sacrebleu names them."""

    tokenize: Literal["13a", "intl", "char", "zh", "none"] = "13a"
    """How texts are parted into words."""
    lowercase: bool = False
    """Whether the case of letters does not matter."""


def _bleu(options: BleuOptions, *, sentence: bool) -> Any:
    bleu = library("sacrebleu.metrics", "bleu").BLEU
    return bleu(tokenize=options.tokenize, lowercase=options.lowercase, effective_order=sentence)


def _make(options: BleuOptions, _tools: MetricTools) -> Metric:
    return by_sentence(_bleu(options, sentence=True))


def corpus_bleu(
    options: BleuOptions, outputs: Sequence[str], cases: Sequence[Case]
) -> dict[str, float]:
    """BLEU over all cases together, in 0..1; this is the figure that papers report, over 100."""
    score = _bleu(options, sentence=False).corpus_score(list(outputs), reference_columns(cases))
    return {"corpus_bleu": float(score.score) / 100}


SPEC = MetricSpec(
    name="bleu",
    scores="BLEU of the answer against its right answers, over 100; corpus BLEU over all cases.",
    source="Papineni et al. (2002), by sacrebleu (Post, 2018), with effective order for one case.",
    blind="Meaning: a lost negation costs one word. A mean over cases is not corpus BLEU.",
    make=_make,
    options=BleuOptions,
    needs="reference",
    kind="graded",
    summary=corpus_bleu,
)
