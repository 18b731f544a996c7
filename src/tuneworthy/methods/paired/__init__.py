"""Two ways of answering the same cases, compared case by case."""

from tuneworthy.core.nouns.comparing import NonInferiority, Verdict
from tuneworthy.methods.paired.compared import PairedResult, compare, compare_pairs
from tuneworthy.methods.paired.effect import effects
from tuneworthy.methods.paired.holm import holm
from tuneworthy.methods.paired.interval import arm_interval, delta_interval
from tuneworthy.methods.paired.margin import FEWEST, non_inferior, non_inferior_pairs
from tuneworthy.methods.paired.pairs import Pairs
from tuneworthy.methods.paired.power import plan
from tuneworthy.methods.paired.ratio import ratio_interval
from tuneworthy.methods.paired.segments import by_segment
from tuneworthy.methods.paired.significance import mcnemar, significance

__all__ = [
    "FEWEST",
    "NonInferiority",
    "PairedResult",
    "Pairs",
    "Verdict",
    "arm_interval",
    "by_segment",
    "compare",
    "compare_pairs",
    "delta_interval",
    "effects",
    "holm",
    "mcnemar",
    "non_inferior",
    "non_inferior_pairs",
    "plan",
    "ratio_interval",
    "significance",
]
