"""What else could help, from what was measured: retrieval, models, decomposition, both together.

Nothing is recommended without a number; where there is none, the advice says so and names the
command that would give one. A gain counts from ``declared_gain`` on, with its whole interval.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tuneworthy.assess.arms import (
    CeilingArm,
    best_untuned,
    read_arms,
    suite_of,
    target_of,
)
from tuneworthy.assess.search_advice import RUN, search_advice
from tuneworthy.core.nouns.alternative import Advice, Alternative, Stance
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Project

QUALITY = "retrieval.quality"
BUILD = "tuneworthy data build"

_STANCES: tuple[Stance, ...] = ("for", "open", "not measured", "against")
_COSTS = {"low": 1, "medium": 2, "high": 3}
"""What an effect is divided by before alternatives are ordered; a rough order, not money."""


class _Seen(NamedTuple):
    """What the advice looks at."""

    project: Project
    arms: tuple[CeilingArm, ...]
    target: float
    quality: dict[str, Any] | None
    profile: dict[str, Any] | None

    def best(self, *kinds: str) -> CeilingArm | None:
        """The best arm of these kinds."""
        found = [arm for arm in self.arms if arm.kind in kinds]
        return best_untuned(found) if found else None


def advise(evidence: Sequence[Evidence], project: Project) -> Advice:
    """Every alternative with its reason, ordered by what it may bring and what it costs."""
    evidence = [e for e in evidence if e.project == project.id]
    arms = read_arms(evidence)
    seen = _Seen(
        project,
        arms,
        target_of(evidence, project),
        _newest(evidence, QUALITY, suite_of(evidence)),
        _newest(evidence, "data.profile"),
    )
    found = [
        *search_advice(seen.quality, seen.profile, project.declared_gain),
        _other_model(seen),
        _decomposition(seen),
        _with_retrieval(seen),
    ]
    ordered = tuple(sorted(found, key=_place))
    best = best_untuned(arms) if arms else None
    return Advice(
        alternatives=ordered,
        summary=_summary(best, seen.target, ordered, data=seen.profile is not None),
        target=seen.target,
        best=None if best is None else best.score.value,
    )


def _place(one: Alternative) -> tuple[int, float, int]:
    # An upper bound promises less than a gain of the same size that was seen.
    worth = (one.effect or 0.0) * (0.5 if one.effect_is_bound else 1.0) / _COSTS[one.cost]
    return _STANCES.index(one.stance), -round(worth, 6), _COSTS[one.cost]


def _summary(
    best: CeilingArm | None, target: float, ordered: Sequence[Alternative], *, data: bool
) -> str:
    if best is None and not data:
        return f"There is no dataset yet. First: {BUILD}, then: {RUN}"
    if best is None:
        return f"Nothing has been run on the frozen suite yet. First: {RUN}"
    if best.score.value >= target:
        return f"{best} reaches the target {target:g} without tuning. First: use it."
    first = ordered[0]
    gap = f"{best}; {target - best.score.value:.2f} are missing to the target {target:g}."
    if first.stance == "against":
        return f"{gap} What was measured speaks against every alternative listed."
    return f"{gap} First: {first.first} ({first.command})."


def _other_model(seen: _Seen) -> Alternative:
    def advice(stance: Stance, reason: str, effect: float | None = None) -> Alternative:
        return Alternative(
            id="another_model",
            title="Another model",
            stance=stance,
            effect=effect,
            cost="medium",
            reason=reason,
            first="list a second model under 'models' in tuneworthy.yaml"
            if stance != "for"
            else "serve the better model with its best prompt",
            command=RUN,
        )

    best: dict[str, CeilingArm] = {}
    for arm in seen.arms:
        if arm.model and (arm.model not in best or arm.score.value > best[arm.model].score.value):
            best[arm.model] = arm
    if len(best) < 2:
        return advice("not measured", f"Models run on the frozen suite: {len(best)}.")
    first, second = sorted(best.values(), key=lambda arm: -arm.score.value)[:2]
    gain = first.score.value - second.score.value
    reason = f"Of {len(best)} models the best: {first}; the next: {second}."
    if first.score.low > second.score.high:
        return advice("for", f"{reason} The intervals do not overlap.", gain)
    if gain < seen.project.declared_gain:
        return advice("against", f"{reason} The models differ by less than a gain that counts.")
    return advice("open", f"{reason} The intervals overlap.", gain)


def _decomposition(seen: _Seen) -> Alternative:
    split, whole = seen.best("decomposed"), seen.best("zero_shot", "few_shot")

    def advice(
        stance: Stance, reason: str, effect: float | None = None, *, bound: bool = False
    ) -> Alternative:
        return Alternative(
            id="decomposition",
            title="Decomposition: smaller steps",
            stance=stance,
            effect=effect,
            effect_is_bound=bound,
            cost="low",
            reason=reason,
            first="add an arm of kind 'decomposed' to the prompts file"
            if split is None
            else "refine the steps of the decomposed prompt",
            command=RUN,
        )

    if whole is None:
        return advice("not measured", "No prompt has been run on the frozen suite.")
    if split is None:
        broken = 1 - whole.valid_share
        reason = (
            f"No decomposed prompt has been run. {broken:.0%} of the answers of {whole.name} have "
            "the wrong form; a last step that only writes the form could win those at most."
        )
        return advice("not measured", reason, broken, bound=True)
    gain = split.score.value - whole.score.value
    reason = f"{split}, against {whole}."
    if split.score.low > whole.score.high:
        return advice("for", reason, gain)
    if split.score.value <= whole.score.value:
        return advice("against", f"{reason} Steps do not help here.")
    return advice("open", f"{reason} The intervals overlap.", gain)


def _with_retrieval(seen: _Seen) -> Alternative:
    shown, plain = seen.best("retrieval"), seen.best("zero_shot", "few_shot")
    copied = seen.best("nearest_neighbour")

    def advice(stance: Stance, reason: str, effect: float | None = None) -> Alternative:
        return Alternative(
            id="fine_tune_plus_retrieval",
            title="Fine-tuning with retrieval",
            stance=stance,
            effect=effect,
            cost="high",
            reason=f"{reason} On a tuned model it is not measured.",
            first=_FIRST[0 if stance == "for" else 1 if shown is None else 2],
            command="tuneworthy assess curve" if stance == "for" else RUN,
        )

    if copied is not None and copied.score.value >= seen.target:
        return advice("against", f"{copied}: looking up alone reaches the target {seen.target:g}.")
    if shown is None or plain is None:
        return advice("not measured", "It needs a plain and a retrieval prompt on the same suite.")
    gain = shown.score.value - plain.score.value
    reason = f"{shown}, against {plain} without retrieval."
    zero, few = seen.best("zero_shot"), seen.best("few_shot")
    if zero is not None and few is not None:
        moved = few.score.value - zero.score.value
        reason += f" Fixed worked examples move the score by {moved:+.2f}."
    if copied is not None:
        reason += f" Copying the nearest answer scores {copied.score.value:.2f}."
    if copied is not None and copied.score.value >= shown.score.value:
        return advice("open", f"{reason} So the model adds nothing to what is found.")
    if shown.score.low > plain.score.high:
        return advice("for", reason, gain)
    if shown.score.value <= plain.score.value:
        return advice("against", f"{reason} Found examples do not help the model.")
    return advice("open", f"{reason} The intervals overlap.", gain)


_FIRST = (
    "tune, then give the tuned model the nearest examples too",
    "run a retrieval prompt beside the plain ones",
    "give the retrieval prompt more of the nearest examples",
)


def _newest(evidence: Sequence[Evidence], about: str, subject: str = "") -> dict[str, Any] | None:
    found = [
        e
        for e in evidence
        if e.about == about and e.grade is Grade.MEASURED and (not subject or subject in e.subjects)
    ]
    return max(reversed(found), key=lambda e: e.created_at).result if found else None
