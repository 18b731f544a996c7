"""How near the answer is to a right one in meaning, by sentence embeddings."""

from pydantic import Field

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options


class SimilarityOptions(Options):
    """Graded, or right from a least similarity on."""

    least: float | None = Field(default=None, gt=0, le=1)
    """From this cosine on an answer is right (1), below it wrong (0); unset: the cosine."""


def texts_of(output: str, case: Case) -> list[str]:
    """The answer and its right answers."""
    return [output, *right_answers(case)]


def _make(options: SimilarityOptions, tools: MetricTools) -> Metric:
    if tools.embed is None:
        raise ValueError("similarity needs the sentence embedder, which is not at hand")
    embed = tools.embed

    def similarity(output: str, case: Case) -> Mark:
        vectors = embed(texts_of(output, case))
        score = min(1.0, max(0.0, float((vectors[1:] @ vectors[0]).max())))
        if options.least is not None:
            score = float(score >= options.least)
        return RIGHT if score > 1 - 1e-6 else Mark(score=score, valid=True, error="other meaning")

    return similarity


SPEC = MetricSpec(
    name="similarity",
    scores="The cosine of the answer's embedding and the nearest right answer's, 0 when negative.",
    source="Sentence-BERT (Reimers and Gurevych, 2019), by the model all-MiniLM-L6-v2.",
    blind="Negation, numbers and names: texts that differ in one of them are near. The model "
    "reads 256 tokens, and English best.",
    make=_make,
    options=SimilarityOptions,
    needs="reference",
    kind="graded",
    embeds=lambda _options, output, case: texts_of(output, case),
)
