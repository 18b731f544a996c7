"""Exact match after trimming and joining white space (SQuAD's EM without article removal)."""

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import Mark


def exact_match(output: str, case: Case) -> Mark:
    """1 when the texts are equal up to white space at the ends and between words."""
    said, wanted = " ".join(output.split()), " ".join(case.expected.split())
    if said == wanted:
        return Mark(score=1, valid=True)
    return Mark(score=0, valid=bool(said), error="different" if said else "empty")
