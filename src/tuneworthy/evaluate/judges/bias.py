"""What sways a judge of pairs: the place of an answer, its length, and having written it.

Position and length after Zheng et al. (2023), "Judging LLM-as-a-Judge", arXiv:2306.05685, section
3.3; length held against people's verdicts in one regression as in Dubois et al. (2024),
"Length-Controlled AlpacaEval", arXiv:2404.04475.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.judging import (
    JudgeBias,
    JudgedPair,
    LengthBias,
    Odds,
    PairVerdict,
    PositionBias,
    SelfPreference,
)
from tuneworthy.methods.intervals import bootstrap_mean, mean_interval
from tuneworthy.methods.logistic import logistic

LEAST = 20
"""Verdicts below which no regression is made."""

_SHARE = {"a": 1.0, "tie": 0.5, "b": 0.0}


def judge_bias(
    pairs: Sequence[JudgedPair], verdicts: Sequence[PairVerdict], own: str = ""
) -> JudgeBias:
    """All three, from verdicts in the pairs' order; ``own`` is the judge's name as an author.

    Pairs that the judge was not asked about say nothing of it.
    """
    kept = [(pair, one) for pair, one in zip(pairs, verdicts, strict=True) if one.asked]
    pairs, verdicts = [pair for pair, _ in kept], [one for _, one in kept]
    return JudgeBias(
        position=position_bias(verdicts),
        length=length_bias(pairs, verdicts, own),
        own=self_preference(pairs, verdicts, own),
    )


def position_bias(verdicts: Sequence[PairVerdict]) -> PositionBias:
    """From pairs that could be read in both orders."""
    read = [v for v in verdicts if v.verdict != "unreadable"]
    # a_first shows a first, b_first b: the share of "first" of one pair is the mean of the two.
    shares = [(_SHARE[v.a_first] + 1 - _SHARE[v.b_first]) / 2 for v in read]
    to_first = sum((v.a_first, v.b_first) == ("a", "b") for v in read)
    swayed = to_first + sum((v.a_first, v.b_first) == ("b", "a") for v in read)
    low, high, p = 0.0, 1.0, 1.0
    if swayed:
        from scipy import stats  # noqa: PLC0415 - takes most of a second to load

        test = stats.binomtest(to_first, swayed)
        p = float(test.pvalue)
        bounds = test.proportion_ci(0.95, method="exact")
        low, high = float(bounds.low), float(bounds.high)
    return PositionBias(
        pairs=len(read),
        first=bootstrap_mean(np.asarray(shares, dtype=np.float64), lowest=0.0, highest=1.0),
        swayed=swayed,
        to_first=to_first,
        to_first_low=low,
        to_first_high=high,
        p=p,
    )


def length_bias(
    pairs: Sequence[JudgedPair], verdicts: Sequence[PairVerdict], own: str = ""
) -> LengthBias:
    """From pairs of unequal length that could be read in both orders."""
    read = [
        (pair, verdict)
        for pair, verdict in zip(pairs, verdicts, strict=True)
        if verdict.verdict != "unreadable"
    ]
    kept = [(pair, verdict) for pair, verdict in read if _doublings(pair)]
    judged = [pair for pair in kept if pair[0].people is not None]
    adjusted = bool(kept) and len(judged) == len(kept)
    longer = [_for_longer(pair, _share(verdict)) for pair, verdict in kept]
    people = [_for_longer(pair, _SHARE[pair.people]) for pair, _ in judged if pair.people]
    return LengthBias(
        pairs=len(kept),
        doubling=_odds_of_doubling(kept, own, adjusted=adjusted),
        adjusted=adjusted,
        longer=float(np.mean(longer)) if longer else None,
        people_longer=float(np.mean(people)) if adjusted and people else None,
        read=len(read),
        alike=sum(_alike(pair) for pair, _ in read),
    )


def _odds_of_doubling(
    kept: Sequence[tuple[JudgedPair, PairVerdict]], own: str, *, adjusted: bool
) -> Odds | None:
    """One row a decided answer: place, length, people's verdict and authorship tell its odds.

    What sways the judge and is left out would pull the odds of length towards 1.
    """
    authors = [_authored(pair, own) for pair, _ in kept]
    terms: list[list[float]] = []
    outcomes: list[int] = []
    groups: list[int] = []
    for number, (pair, verdict) in enumerate(kept):
        for side, place in ((verdict.a_first, 1.0), (verdict.b_first, -1.0)):
            if side in ("a", "b"):
                human = [2 * _SHARE[pair.people] - 1] if adjusted and pair.people else []
                mine = [authors[number]] if any(authors) else []
                terms.append([place, _doublings(pair), *human, *mine])
                outcomes.append(int(side == "a"))
                groups.append(number)
    if len(outcomes) < LEAST:
        return None
    try:
        ratio, low, high = logistic(np.asarray(terms), outcomes, groups)[1].odds
    except ValueError:
        return None  # people's verdict and length cannot be told apart
    return Odds(ratio=ratio, low=low, high=high)


def _authored(pair: JudgedPair, own: str) -> float:
    """1 where the judge wrote a alone, -1 where it wrote b alone."""
    return float(pair.a_by == own) - float(pair.b_by == own) if own else 0.0


def self_preference(
    pairs: Sequence[JudgedPair], verdicts: Sequence[PairVerdict], own: str
) -> SelfPreference:
    """From pairs of which the judge wrote exactly one answer."""
    kept = [
        (pair, verdict)
        for pair, verdict in zip(pairs, verdicts, strict=True)
        if _authored(pair, own) and verdict.verdict != "unreadable"
    ]
    if not kept:
        return SelfPreference(pairs=0, own=None, people_own=None, excess=None)
    mine = [_turned(_share(verdict), a=pair.a_by == own) for pair, verdict in kept]
    theirs = [_turned(_SHARE[p.people], a=p.a_by == own) for p, _ in kept if p.people is not None]
    excess: Interval | None = None
    if len(theirs) == len(mine):
        excess = bootstrap_mean(np.asarray(mine) - np.asarray(theirs), lowest=-1.0, highest=1.0)
    return SelfPreference(
        pairs=len(kept),
        own=float(np.mean(mine)),
        people_own=float(np.mean(theirs)) if excess is not None else None,
        excess=excess,
    )


def share_for(side: Literal["a", "b"], verdicts: Sequence[PairVerdict]) -> Interval:
    """The share for a side: a tie counts half, an unreadable pair nothing."""
    shares = {"a": _SHARE, "b": {"a": 0.0, "tie": 0.5, "b": 1.0}}[side]
    return mean_interval([shares.get(verdict.verdict, 0.0) for verdict in verdicts])


def _share(verdict: PairVerdict) -> float:
    return (_SHARE[verdict.a_first] + _SHARE[verdict.b_first]) / 2


def _doublings(pair: JudgedPair) -> float:
    """How many times a's length is twice b's, in characters."""
    return math.log2(max(1, len(pair.a)) / max(1, len(pair.b)))


def _alike(pair: JudgedPair) -> bool:
    """Whether the longer answer is at most a quarter longer."""
    one, other = sorted((len(pair.a), len(pair.b)))
    return 4 * other <= 5 * one


def _for_longer(pair: JudgedPair, share: float) -> float:
    return _turned(share, a=len(pair.a) > len(pair.b))


def _turned(share: float, *, a: bool) -> float:
    return share if a else 1 - share
