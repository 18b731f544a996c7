"""Judges made by rule, whose sways are known: are they found, and only where they are?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tuneworthy.core.nouns.judging import Choice, JudgedPair, PairVerdict, Verdict
from tuneworthy.evaluate.judges import judge_bias
from tuneworthy.methods.intervals import wilson

TRUTH = 1.0
"""Log odds for the answer that people prefer."""
DRAWS, PAIRS = 400, 200


@dataclass(frozen=True)
class Sway:
    """Log odds of a judge: for the first place, for twice the length, for its own answers."""

    name: str
    place: float = 0.0
    length: float = 0.0
    own: float = 0.0


SWAYS = (
    Sway("fair"),
    Sway("place", place=0.5),
    Sway("length", length=0.7),
    Sway("own answers", own=0.8),
    Sway("all three", place=0.5, length=0.7, own=0.8),
)


def lines() -> Iterator[tuple[str, dict[str, float]]]:
    """A line a judge, with its figures."""
    for number, sway in enumerate(SWAYS):
        rng = np.random.default_rng(number)
        seen = [_once(sway, rng) for _ in range(DRAWS)]
        place, held, length, own, wrong = (sum(one[k] for one in seen) for k in range(5))
        figures = {
            "place": place / DRAWS,
            "length_held": held / DRAWS,
            "length": length / DRAWS,
            "own": own / DRAWS,
            "own_negative": wrong / DRAWS,
        }
        share = wilson(held, DRAWS)
        found = ", ".join(
            f"{name} in {count / DRAWS:.1%}"
            for name, count in (("place", place), ("length", length), ("own answers", own))
        )
        text = (
            f"{sway.name}: found {found}; the interval of length holds the truth in "
            f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%}), {DRAWS} draws of {PAIRS}"
        )
        yield text, figures


def _once(sway: Sway, rng: np.random.Generator) -> tuple[bool, bool, bool, bool, bool]:
    pairs, verdicts = zip(*(_pair(k, sway, rng) for k in range(PAIRS)), strict=True)
    bias = judge_bias(pairs, verdicts, "judge")
    odds, excess = bias.length.doubling, bias.own.excess
    if odds is None or excess is None:
        raise ValueError("two hundred pairs are enough for every figure")
    truth = float(np.exp(sway.length))
    return (
        bias.position.p < 0.05,
        odds.low <= truth <= odds.high,
        not odds.low <= 1 <= odds.high,
        excess.low > 0,
        excess.high < 0,
    )


def _pair(number: int, sway: Sway, rng: np.random.Generator) -> tuple[JudgedPair, PairVerdict]:
    sizes = np.exp2(rng.uniform(3, 8, 2)).astype(int)
    better: Choice = "a" if rng.random() < 0.5 else "b"
    mine = "a" if rng.random() < 0.5 else "b"
    odds = TRUTH * (1 if better == "a" else -1) + sway.own * (1 if mine == "a" else -1)
    odds += sway.length * float(np.log2(sizes[0] / sizes[1]))
    pair = JudgedPair(
        id=str(number),
        request="r",
        a="x" * sizes[0],
        b="y" * sizes[1],
        verdicts=(better,),
        a_by="judge" if mine == "a" else "other",
        b_by="judge" if mine == "b" else "other",
    )
    first, second = (_side(odds + place, rng) for place in (sway.place, -sway.place))
    verdict: Verdict = first if first == second else "tie"
    return pair, PairVerdict(
        id=pair.id, a_first=first, b_first=second, verdict=verdict, said=("", "")
    )


def _side(odds: float, rng: np.random.Generator) -> Verdict:
    return "a" if rng.random() < 1 / (1 + np.exp(-odds)) else "b"
