"""How far a judge agrees with people, and whether that is enough for it to decide anything."""

from collections.abc import Sequence

from tuneworthy.core.nouns.judging import (
    Agreement,
    AnswerScore,
    Criterion,
    JudgedAnswer,
    JudgedPair,
    PairVerdict,
    Standing,
)
from tuneworthy.methods.agreement import Level, krippendorff
from tuneworthy.methods.kappa import Weights, cohen

BAR = 0.6
"""The least kappa with which a judge may decide, where the project declares no other."""
ITEMS = 100
"""The least items on which that must be shown."""

_CODE = {"a": 0, "b": 1, "tie": 2, "unreadable": 3}


def pairs_agreement(
    pairs: Sequence[JudgedPair], verdicts: Sequence[PairVerdict]
) -> Agreement | None:
    """Over the pairs that people judged; an unreadable verdict agrees with nobody."""
    kept = [(p, v) for p, v in zip(pairs, verdicts, strict=True) if p.people is not None]
    if not kept:
        return None
    people = [_CODE[pair.people] for pair, _ in kept if pair.people]
    each = [[_CODE[one] for one in pair.verdicts] for pair, _ in kept]
    return _agreement(people, [_CODE[v.verdict] for _, v in kept], each, "none", "nominal")


def scores_agreement(
    answers: Sequence[JudgedAnswer], scores: Sequence[AnswerScore], criterion: Criterion
) -> Agreement | None:
    """On one criterion; an unreadable score counts as the one farthest from people's."""
    people: list[float] = []
    judge: list[float] = []
    each: list[list[float]] = []
    for answer, found in zip(answers, scores, strict=True):
        given = answer.scores.get(criterion.name)
        if not given:
            continue
        middle = sorted(given)[(len(given) - 1) // 2]
        far = 1 if middle - 1 > criterion.highest - middle else criterion.highest
        score = found.scores[criterion.name]
        people.append(middle)
        judge.append(far if score is None else score)
        each.append([float(one) for one in given])
    return _agreement(people, judge, each, "quadratic", "ordinal") if people else None


def _agreement(
    people: Sequence[float],
    judge: Sequence[float],
    each: Sequence[Sequence[float]],
    weights: Weights,
    level: Level,
) -> Agreement:
    kappa = cohen(people, judge, weights=weights)
    units = [*range(len(people)), *range(len(people))]
    alpha = krippendorff(units, [float(v) for v in (*people, *judge)], level)
    among = krippendorff(
        [number for number, row in enumerate(each) for _ in row],
        [float(value) for row in each for value in row],
        level,
    )
    return Agreement(
        items=len(people),
        kappa=kappa.value,
        kappa_low=kappa.low,
        kappa_high=kappa.high,
        weights=weights,
        alpha=alpha.value,
        alpha_low=alpha.low,
        alpha_high=alpha.high,
        same=kappa.same,
        people_alpha=among.value,
    )


def standing(found: Agreement | None, bar: float = BAR) -> Standing:
    """Whether the judge may decide: enough items, and kappa at the bar or above."""
    if found is None:
        return Standing(ok=False, bar=bar, reason="it was never held against people")
    if found.items < ITEMS:
        reason = f"it was held against people on {found.items} items; {ITEMS} are needed"
    elif found.kappa is None:
        reason = "people and judge said one and the same throughout: nothing can be told"
    elif found.kappa < bar:
        reason = f"its kappa with people is {found.kappa:.3f}, below {bar:g}"
    else:
        reason = f"its kappa with people is {found.kappa:.3f} on {found.items} items"
    return Standing(
        ok=found.items >= ITEMS and found.kappa is not None and found.kappa >= bar,
        bar=bar,
        items=found.items,
        kappa=found.kappa,
        kappa_low=found.kappa_low,
        alpha=found.alpha,
        reason=reason,
    )
