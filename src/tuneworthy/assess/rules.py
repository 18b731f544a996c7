"""The four published rules, each with its working; what they mean together is decided elsewhere."""

from collections.abc import Collection, Sequence
from fractions import Fraction
from functools import lru_cache

from tuneworthy.assess.factors import Factor
from tuneworthy.core.nouns.decision import Verdict
from tuneworthy.core.nouns.rules import (
    Band,
    NetWorking,
    ScoreWorking,
    TreeStep,
    TreeWorking,
    WeightedWorking,
)

CANDIDATE = "FINE_TUNE_CANDIDATE"
"""The tree's own word for a yes."""

_STRONG, _MODERATE = Fraction(1, 2), Fraction(1, 5)


def tree(
    open_ceiling: Sequence[Factor],
    reasons: Sequence[Factor],
    against: Sequence[Factor],
    solved: tuple[Verdict, str] | None = None,
    waived: Collection[str] = (),
) -> tuple[Verdict, TreeWorking]:
    """Ceiling reached, more than 3 reasons, fewer than 2 against; the first no ends it.

    Args:
        open_ceiling: Ceiling questions that are neither answered yes nor waived.
        reasons: The reasons for tuning that hold.
        against: The reasons against that hold.
        solved: An untuned alternative that reaches the target, as a verdict and its reason.
        waived: Ceiling questions that do not apply, each with a written reason on record.
    """
    steps: list[TreeStep] = []

    def ask(question: str, yes: bool, because: str) -> bool:
        steps.append(TreeStep(question=question, answer="yes" if yes else "no", because=because))
        return yes

    def end(verdict: Verdict, because: str) -> tuple[Verdict, TreeWorking]:
        result = CANDIDATE if verdict is Verdict.PROCEED else verdict.value
        return verdict, TreeWorking(path=tuple(steps), result=result, because=because)

    ceiling = "Is the prompt ceiling reached?"
    if solved is not None:
        ask(ceiling, False, "an untuned alternative reaches the target")
        return end(*solved)
    missing = f"{_names(open_ceiling)} not answered yes"
    whole = f"the rest holds, waived: {', '.join(waived)}" if waived else "all questions hold"
    if not ask(ceiling, not open_ceiling, missing if open_ceiling else whole):
        because = f"The prompt ceiling is not reached: {missing}."
        return end(Verdict.KEEP_OPTIMISING_PROMPTS, because)
    yes, no = len(reasons), len(against)
    if not ask("Do more than 3 reasons for tuning hold?", yes > 3, _counted(reasons)):
        because = (
            f"Reasons for tuning that hold: {yes}; more than 3 are needed. "
            "Improve retrieval or change the model first."
        )
        return end(Verdict.TRY_ALTERNATIVES, because)
    if not ask("Do fewer than 2 reasons against tuning hold?", no < 2, _counted(against)):
        because = f"{no} reasons against tuning hold ({_names(against)}); fewer than 2 are allowed."
        return end(Verdict.ADDRESS_ANTI_INDICATORS, because)
    because = f"The tree finds a candidate: {yes} reasons for tuning, {no} against."
    return end(Verdict.PROCEED, because)


@lru_cache(maxsize=256)
def score(reasons: int, against: int, factors: int) -> ScoreWorking:
    """(reasons - against) / factors, in its band: above 0.5 strong, from 0.2 on moderate."""
    exact = Fraction(reasons - against, factors)
    band: Band = "STRONG" if exact > _STRONG else "MODERATE" if exact >= _MODERATE else "WEAK"
    return ScoreWorking(
        numerator=reasons - against,
        denominator=factors,
        text=f"{reasons - against}/{factors}",
        value=round(float(exact), 4),
        band=band,
    )


@lru_cache(maxsize=256)
def net(reasons: int, against: int) -> NetWorking:
    """Reasons minus reasons against: above 2 strong, 1 or 2 moderate, else weak."""
    value = reasons - against
    return NetWorking(
        indicators=reasons,
        anti_indicators=against,
        value=value,
        text=f"{reasons} - {against} = {value}",
        band="STRONG" if value > 2 else "MODERATE" if value >= 1 else "WEAK",
    )


@lru_cache(maxsize=256)
def weighted(reasons: int, against: int, points: int) -> WeightedWorking:
    """(points for - points against) / the points that one side can have."""
    return WeightedWorking(
        indicators=reasons,
        anti_indicators=against,
        numerator=reasons - against,
        denominator=points,
        text=f"{reasons - against}/{points}",
        value=round(float(Fraction(reasons - against, points)), 4),
    )


def _names(factors: Sequence[Factor]) -> str:
    return ", ".join(f.id for f in factors)


def _counted(factors: Sequence[Factor]) -> str:
    return f"{len(factors)} ({_names(factors)})" if factors else "none"
