"""Exact match after trimming and joining white space (SQuAD's EM without article removal)."""

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, right_answers, unfit, wrong
from tuneworthy.evaluate.metrics.spec import MetricSpec


def exact_match(output: str, case: Case) -> Mark:
    """1 when the texts are equal up to white space at the ends and between words."""
    said = " ".join(output.split())
    if any(said == " ".join(text.split()) for text in right_answers(case)):
        return RIGHT
    return wrong("different") if said else unfit("empty")


SPEC = MetricSpec(
    name="exact_match",
    scores="1 when the answer is one of the right answers; white space does not matter.",
    source="Exact match of SQuAD (Rajpurkar et al., 2016), without its normalisation.",
    blind="A right answer in other words, another case or with a full stop more is wrong.",
    make=lambda _options, _tools: exact_match,
    needs="reference",
)
