"""Is the candidate no slower, no longer and no dearer than the limits allow?

What is not shown does not pass: with too few cases, or without a figure, a declared limit is
broken.
"""

from collections.abc import Mapping, Sequence

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.guards import GuardLimits, GuardName, GuardRatio
from tuneworthy.core.nouns.requirements import Prices
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.price import cost_of
from tuneworthy.methods.paired import FEWEST, Pairs, ratio_interval

UNITS: dict[GuardName, str] = {
    "latency": "seconds of an answer",
    "tokens": "tokens of an answer",
    "cost": "price of a request",
}


class Figures(Part):
    """One figure of the same cases for both arms, in the same order."""

    candidate: tuple[float, ...]
    base: tuple[float, ...]
    groups: tuple[str, ...]
    left_out: int = 0


def guard_ratios(
    limits: GuardLimits, figures: Mapping[GuardName, Figures], lacking: Mapping[GuardName, str]
) -> tuple[GuardRatio, ...]:
    """One ratio for each figure there is, and one for each limit that has none.

    Args:
        limits: What is declared.
        figures: What was measured.
        lacking: Why a figure is not there.
    """
    declared = limits.declared
    names = [name for name in UNITS if name in figures or name in declared]
    return tuple(
        _ratio(name, figures[name], declared.get(name))
        if name in figures
        else _without(name, declared[name], lacking.get(name, "it was not measured"))
        for name in names
    )


def _without(name: GuardName, limit: float, why: str) -> GuardRatio:
    return GuardRatio(
        name=name,
        unit=UNITS[name],
        base=None,
        candidate=None,
        ratio=None,
        n=0,
        limit=limit,
        broken=True,
        why=why,
    )


def _ratio(name: GuardName, found: Figures, limit: float | None) -> GuardRatio:
    pairs = Pairs.of(found.candidate, found.base, found.groups)
    ratio = ratio_interval(pairs)
    n = len(pairs)
    if ratio is None:
        broken, why = True, f"{n} cases of the base carry no ratio"
    elif limit is None:
        broken, why = False, "no limit is declared"
    elif n < FEWEST:
        broken, why = True, f"{n} cases are too few; at least {FEWEST} are needed"
    elif ratio.high <= limit:
        broken, why = False, f"more than {limit:g} times the base's is ruled out"
    elif ratio.low > limit:
        broken, why = True, f"{ratio.value:.2f} times the base's, and {limit:g} is the most"
    else:
        broken = True
        why = (
            f"{ratio.value:.2f} times the base's, and up to {ratio.high:.2f} is not ruled out; "
            f"{limit:g} is the most"
        )
    return GuardRatio(
        name=name,
        unit=UNITS[name],
        base=float(pairs.theirs.mean()) if n else None,
        candidate=float(pairs.ours.mean()) if n else None,
        ratio=ratio,
        n=n,
        left_out=found.left_out,
        limit=limit,
        broken=broken and limit is not None,
        why=why,
    )


def counted_figures(
    cases: Sequence[Case],
    candidate: Sequence[CaseResult],
    base: Sequence[CaseResult],
    prices: Prices | None,
) -> tuple[dict[GuardName, Figures], dict[GuardName, str]]:
    """Tokens and, with prices, costs of the cases that both answered; and why some are lacking.

    Args:
        cases: The suite's cases.
        candidate: The candidate's results, in the order of the cases.
        base: The base's.
        prices: Of both: what a token costs does not depend on what was tuned.
    """
    both = [
        (case, ours, theirs)
        for case, ours, theirs in zip(cases, candidate, base, strict=True)
        if not (ours.failed or theirs.failed)
    ]
    if not both or any(not (o.prompt_tokens and t.prompt_tokens) for _, o, t in both):
        why = "tokens were not counted" if both else "no case was answered by both"
        return {}, {"tokens": why, "cost": why}
    groups = tuple(case.group or f"\0{case.id}" for case, _, _ in both)
    left_out = len(cases) - len(both)

    def figures(ours: Sequence[float], theirs: Sequence[float]) -> Figures:
        return Figures(candidate=tuple(ours), base=tuple(theirs), groups=groups, left_out=left_out)

    tokens = figures(
        [ours.completion_tokens for _, ours, _ in both],
        [theirs.completion_tokens for _, _, theirs in both],
    )
    if prices is None:
        return {"tokens": tokens}, {"cost": "no prices are declared for the base model"}
    each = prices

    def cost(row: CaseResult) -> float:
        return cost_of(each, row.prompt_tokens, row.completion_tokens)

    return {
        "tokens": tokens,
        "cost": figures([cost(o) for _, o, _ in both], [cost(t) for _, _, t in both]),
    }, {}
