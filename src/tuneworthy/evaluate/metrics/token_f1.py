"""The overlap of words with the right answer: F1 over normalised tokens, as SQuAD counts it."""

from collections import Counter

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, right_answers, unfit
from tuneworthy.evaluate.metrics.normalised_match import normal
from tuneworthy.evaluate.metrics.spec import MetricSpec


def token_f1(output: str, case: Case) -> Mark:
    """F1 of the words, the best over the right answers."""
    said = normal(output).split()
    if not said:
        return unfit("nothing but punctuation")
    score = max(overlap(said, normal(text).split()) for text in right_answers(case))
    return RIGHT if score == 1 else Mark(score=score, valid=True, error="other words")


def overlap(said: list[str], wanted: list[str]) -> float:
    """F1 in 0..1 of two lists of words; each word counts as often as it stands in both.

    >>> overlap(["a", "b"], ["b", "c"])
    0.5
    """
    same = (Counter(said) & Counter(wanted)).total()
    return 2 * same / (len(said) + len(wanted)) if same else 0.0


SPEC = MetricSpec(
    name="token_f1",
    scores="The F1 of the answer's words against the best of the right answers.",
    source="`f1_score` of SQuAD's `evaluate-v1.1.py` (Rajpurkar et al., 2016).",
    blind="The order of words, negation, and synonyms.",
    make=lambda _options, _tools: token_f1,
    needs="reference",
    kind="graded",
)
