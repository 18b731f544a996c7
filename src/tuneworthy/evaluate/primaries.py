"""Several primary suites are several chances to look better: Holm's way takes them into account.

Only claims of a gain are adjusted. A loss is a loss by its own p: what guards against harm must not
become blinder by looking at more.
"""

from collections.abc import Mapping

from tuneworthy.core.nouns.comparing import PrimaryTest, Verdict
from tuneworthy.methods.paired import holm

ALPHA = 0.05
MAIN = "main"
"""The name of the suite that the project's own test split makes."""


def primary_tests(p_value: float, beside: Mapping[str, float]) -> tuple[PrimaryTest, ...]:
    """The main suite's test and those beside it, adjusted together; none where it stands alone.

    Args:
        p_value: Two-sided p of the main suite's gain; 1 where it is no gain.
        beside: The same of every other primary suite, by name; 1 where it was not run.
    """
    if not beside:
        return ()
    names = [MAIN, *beside]
    p_values = [p_value, *beside.values()]
    return tuple(
        PrimaryTest(name=name, p_value=p, p_holm=adjusted)
        for name, p, adjusted in zip(names, p_values, holm(p_values), strict=True)
    )


def adjusted_verdict(verdict: Verdict, tests: tuple[PrimaryTest, ...]) -> Verdict:
    """The main suite's verdict: a gain must still be one after Holm's correction."""
    lost = bool(tests) and tests[0].p_holm >= ALPHA
    return "within noise" if verdict == "clearly better" and lost else verdict
