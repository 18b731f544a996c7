"""Whether prompting reaches the target, and if not, how far it stays below."""

from collections.abc import Sequence

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.ceiling import CeilingVerdict
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.methods.simultaneous import best_of

PROMPTED = ("zero_shot", "few_shot", "retrieval", "decomposed")
"""Kinds that ask a model. A plain lookup is an alternative too, but no prompt."""


def ceiling_verdict(runs: Sequence[EvaluationRun], target: float) -> CeilingVerdict:
    """The best prompt against the target, with the gap as it stands and adjusted.

    As everywhere, the target counts as reached by the point estimate: tuning carries the burden of
    proof. The gap's interval is the best prompt's own; the best of many looks better than it is,
    so the gap to the best of all is given too, with Bonferroni's adjustment.
    """
    prompts = [run for run in runs if run.arm.arm in PROMPTED]
    others = tuple(_lookup(run, target) for run in runs if run.arm.arm == "nearest_neighbour")
    if not prompts:
        sentence = "No prompt has been run, so nothing is known of what prompting reaches."
        return CeilingVerdict(target=target, reached=False, sentence=sentence, notes=others)
    best = max(prompts, key=lambda run: run.score.value)
    adjusted = _gap(best_of([run.score for run in prompts]), target)
    return CeilingVerdict(
        target=target,
        reached=best.score.value >= target,
        best=best.arm.id,
        model=best.model_name,
        score=best.score,
        gap=_gap(best.score, target),
        gap_adjusted=adjusted,
        adjustment=f"Bonferroni over {len(prompts)} prompts",
        prompts=len(prompts),
        sentence=_sentence(best, target),
        notes=(*_selection(adjusted, len(prompts)), *others),
    )


def _gap(score: Interval, target: float) -> Interval:
    return Interval(
        value=target - score.value, low=target - score.high, high=target - score.low, n=score.n
    )


def _sentence(best: EvaluationRun, target: float) -> str:
    score = best.score
    named = f"{best.arm.id}, {best.model_name}" if best.model_name else best.arm.id
    if score.value >= target:
        bounds = f"95 % interval {_points(score.low)} to {_points(score.high)} %, n = {score.n}"
        said = (
            f"Prompting reaches the target: the best prompt ({named}) scores "
            f"{_points(score.value)} % ({bounds}), the target is {_points(target)} %."
        )
        return said if score.low >= target else f"{said} Its lower bound does not reach it."
    gap = _gap(score, target)
    return (
        f"A gap of {_points(gap.value)} points (95 % interval {_points(gap.low)} to "
        f"{_points(gap.high)}, n = {score.n}) remains between the best prompt ({named}) and the "
        f"target of {_points(target)} %."
    )


def _selection(adjusted: Interval, prompts: int) -> tuple[str, ...]:
    if prompts < 2:
        return ()
    return (
        f"The interval is not adjusted for choosing the best of {prompts} prompts. The gap between "
        f"the target and the best of them all lies between {_points(adjusted.low)} and "
        f"{_points(adjusted.high)} points (95 %, adjusted by Bonferroni).",
    )


def _lookup(run: EvaluationRun, target: float) -> str:
    score = run.score
    reaches = "reaches" if score.value >= target else "does not reach"
    return (
        f"{run.arm.id}, which asks no model, scores {_points(score.value)} % (95 % interval "
        f"{_points(score.low)} to {_points(score.high)} %) and {reaches} the target."
    )


def _points(share: float) -> str:
    return f"{share * 100:.1f}"
