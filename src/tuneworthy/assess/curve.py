"""Does more data still help? The rule of the learning curve, and how its rows are divided."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.learning_curve import CurvePoint, LearningCurve
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.grouped import group_sums, grouped_quantile
from tuneworthy.methods.intervals import mean_interval
from tuneworthy.methods.neardup import group_similar

SHARES = (25, 50, 100)
"""Percent of the training rows at each point."""
ENOUGH_CASES = 100
"""Cases from which the validation split alone judges the curve."""
FOLDS = 5
LEAST_CASES = 30
"""With fewer no curve is called rising, and no target met."""
LEVEL = 0.05

RULE = (
    "rising: from 50 % to 100 % of the rows the same cases score higher, the lower end of the "
    "90 % interval of the mean difference (bootstrap over groups of similar cases) is above 0, "
    f"an exact sign test over groups gives p <= {LEVEL:g}, and there are {LEAST_CASES} cases or "
    "more; target met: the lower end of the last point's 95 % interval reaches the target"
)


def read_curve(
    scores: Mapping[int, Sequence[float]],
    rows: Mapping[int, int],
    groups: Sequence[str],
    *,
    target: float,
) -> LearningCurve:
    """What the scores of the same cases at growing shares of the data say.

    Args:
        scores: Percent of the training rows to each case's score in 0..1, cases in one order.
        rows: Percent to the training rows.
        groups: Each case's group; cases of one group are not independent.
        target: The score that the business needs.

    Raises:
        ValueError: There are fewer than two points, no cases, or points over other cases.
    """
    shares = sorted(scores)
    if len(shares) < 2 or not groups or any(len(scores[s]) != len(groups) for s in shares):
        raise ValueError("a learning curve needs two points or more over the same cases")
    points = tuple(
        CurvePoint(percent=share, rows=rows[share], score=_score(scores[share], groups))
        for share in shares
    )
    last, before = (np.asarray(scores[share], dtype=np.float64) for share in shares[:-3:-1])
    steps = (last - before).tolist()
    step, low = float(np.mean(steps)), grouped_quantile(steps, groups, LEVEL)
    p_value = _sign_test(steps, groups)
    enough = len(groups) >= LEAST_CASES
    rising = enough and low > 0 and p_value <= LEVEL
    met = enough and points[-1].score.low >= target
    return LearningCurve(
        points=points,
        groups=len(set(groups)),
        step=step,
        step_low=low,
        step_p=p_value,
        rising=rising,
        target=target,
        target_met=met,
        rule=RULE,
        text=_text(points, step, low, p_value, rising=rising, met=met, target=target),
    )


def group_labels(examples: Sequence[Example]) -> list[str]:
    """A name for each example's group: near-duplicate requests, or one declared group, are one."""
    alike = [f"like:{label}" for label in group_similar([example.request for example in examples])]
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while (up := parent.setdefault(name, name)) != name:
            parent[name] = parent.get(up, up)
            name = up
        return name

    for example, like in zip(examples, alike, strict=True):
        group = example.provenance.group
        low, high = sorted((find(like), find(f"named:{group}" if group else like)))
        parent[high] = low
    return [find(like) for like in alike]


def folds(examples: Sequence[Example], groups: Sequence[str], seed: int) -> list[list[int]]:
    """Up to five folds of indices, near in size; no group stands in two of them."""
    ordered = sorted(_members(groups).values(), key=lambda m: (-len(m), _key(examples, m, seed)))
    made: list[list[int]] = [[] for _ in range(min(FOLDS, len(ordered)))]
    for members in ordered:
        min(made, key=len).extend(members)
    return [sorted(fold) for fold in made]


def share_of(
    examples: Sequence[Example], groups: Sequence[str], percent: int, seed: int
) -> list[Example]:
    """Whole groups until ``percent`` of the rows are reached; a larger share holds the smaller."""
    wanted = len(examples) * percent / 100
    ordered = sorted(_members(groups).values(), key=lambda members: _key(examples, members, seed))
    taken: list[int] = []
    for members in ordered:
        if len(taken) >= wanted:
            break
        taken += members
    return [examples[index] for index in sorted(taken)]


def _members(groups: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        found.setdefault(group, []).append(index)
    return found


def _key(examples: Sequence[Example], members: Sequence[int], seed: int) -> str:
    return digest([seed, min(examples[index].id for index in members)])


def _score(scores: Sequence[float], groups: Sequence[str]) -> Interval:
    """The mean; where cases come in groups the wider of both intervals' bounds."""
    score = mean_interval(scores)
    if len(set(groups)) == len(groups):
        return score
    low, high = (grouped_quantile(scores, groups, level) for level in (0.025, 0.975))
    return score.model_copy(update={"low": min(score.low, low), "high": max(score.high, high)})


def _sign_test(steps: Sequence[float], groups: Sequence[str]) -> float:
    """One-sided exact p: are groups that gained more frequent than a coin's heads?"""
    sums, _ = group_sums(steps, groups)
    gained, lost = int(np.sum(sums > 0)), int(np.sum(sums < 0))
    if gained + lost == 0:
        return 1.0
    from scipy import stats  # noqa: PLC0415 - takes most of a second to load

    answer: Any = stats.binomtest(gained, gained + lost, 0.5, alternative="greater").pvalue
    return float(answer)


def _text(
    points: Sequence[CurvePoint],
    step: float,
    low: float,
    p_value: float,
    *,
    rising: bool,
    met: bool,
    target: float,
) -> str:
    before, last = points[-2:]
    word = "is still rising" if rising else "is not shown to rise"
    reached = "is met" if met else "is not shown to be met"
    shown = f"p = {p_value:.3f}" if p_value >= 0.001 else "p < 0.001"
    return (
        f"From {before.rows:,} to {last.rows:,} rows the score goes from {before.score.value:.3f} "
        f"to {last.score.value:.3f} ({step:+.3f}, 90 % interval from {low:+.3f} on, sign test "
        f"{shown}, n={last.score.n}): the curve {word}. The target {target:g} {reached}."
    )
