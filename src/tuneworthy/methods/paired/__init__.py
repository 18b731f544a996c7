"""Two ways of answering the same cases, compared case by case."""

from tuneworthy.methods.paired.compared import PairedResult, Verdict, compare, mcnemar
from tuneworthy.methods.paired.holm import holm
from tuneworthy.methods.paired.margin import NonInferiority, non_inferior

__all__ = [
    "NonInferiority",
    "PairedResult",
    "Verdict",
    "compare",
    "holm",
    "mcnemar",
    "non_inferior",
]
