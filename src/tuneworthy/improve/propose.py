"""From signals to one proposal in words. A person decides; nothing here changes what is served."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from tuneworthy.core.nouns.monitoring import (
    Decay,
    DriftResult,
    Health,
    OverrideReview,
    Proposal,
)
from tuneworthy.methods.canonical import digest, short

STRICT_ALPHA = 0.002
"""One window at this level is enough; at a laxer one, two of the newest three must agree."""
MOST_OVERRIDES = 0.2
MOST_ERRORS = 0.02
COOL_DOWN = timedelta(days=7)

Action = Literal["retrain", "repair_prompt", "roll_back", "investigate"]

GATED = "Take the new version through all four gates and a staged rollout, as the first time."

STEPS: dict[Action, tuple[str, ...]] = {
    "retrain": (
        "Read the most novel requests and say which of them the product should answer.",
        "Label the ones it should, under the labelling guide, and add them to the sources.",
        "Build a new dataset version and freeze a suite that holds the new requests.",
        "Run every alternative on that suite again; if a prompt or retrieval wins, do not tune.",
        "Train only if tuning still wins.",
        GATED,
    ),
    "repair_prompt": (
        "Read the worst answers and say what is wrong with them.",
        "Try other prompts on the frozen suite; the requests are still the ones it was made of.",
        "Judge the best prompt against the present one on the same cases.",
        GATED,
    ),
    "roll_back": (
        "Roll back to the version before: it takes one person.",
        "Keep the failing answers as cases of the next suite.",
        "Find the cause before another version is proposed.",
    ),
    "investigate": (
        "Read the examples and the newest errors.",
        "Say whether the requests, the upstream or the model has changed.",
        "Check again over the next window before anything is changed.",
    ),
}


class _Finding(NamedTuple):
    action: Action
    reason: str


def propose(
    drift: DriftResult | None,
    health: Sequence[Health],
    *,
    project: str,
    evidence: Sequence[str],
    created_at: str,
    target: float | None = None,
    earlier: Sequence[DriftResult] = (),
    previous: Sequence[Proposal] = (),
    decays: Sequence[Decay] = (),
    overrides: OverrideReview | None = None,
) -> Proposal | None:
    """What to do next, or None when there is nothing to do.

    Args:
        drift: The newest window's result.
        health: Health by serving manifest, in the order in which they first answered.
        project: The project's id.
        evidence: Ids of the evidence behind the signals.
        created_at: The present moment.
        target: The quality, 0..1, that feedback should show; None where none was set.
        earlier: Results of the windows before, oldest first.
        previous: Earlier proposals; the same action is not proposed twice within seven days.
        decays: Quality against quality at release, one entry a measure.
        overrides: Whether people replace more answers than at release.
    """
    finding = (
        _gravest(drift, health, earlier)
        or _since_release(decays, overrides, drift)
        or _poor(health[-1] if health else None, target)
    )
    if finding is None or _repeats(finding.action, previous, project, created_at):
        return None
    facts = {
        "project": project,
        "action": finding.action,
        "reason": finding.reason,
        "evidence": tuple(evidence),
        "steps": STEPS[finding.action],
        "created_at": created_at,
    }
    return Proposal.model_validate({"id": digest(facts), **facts})


def _gravest(
    drift: DriftResult | None, health: Sequence[Health], earlier: Sequence[DriftResult]
) -> _Finding | None:
    """Failures, then a worse version, then drift."""
    now = health[-1] if health else None
    return _failures(now) or _worse_than_before(health) or _drifted(drift, earlier)


def _failures(now: Health | None) -> _Finding | None:
    if now is None or now.errors.low <= MOST_ERRORS:
        return None
    return _Finding(
        "investigate",
        f"{now.errors.value:.1%} of {now.requests} requests failed "
        f"(at least {now.errors.low:.1%}); that is the service, not the training data.",
    )


def _worse_than_before(health: Sequence[Health]) -> _Finding | None:
    if len(health) < 2:
        return None
    before, now = health[-2].quality, health[-1].quality
    if before is None or now is None or now.high >= before.low:
        return None
    return _Finding(
        "roll_back",
        f"Feedback fell from {before} to {now} with {short(health[-1].manifest)}.",
    )


def _drifted(drift: DriftResult | None, earlier: Sequence[DriftResult]) -> _Finding | None:
    if drift is None or not drift.drifted:
        return None
    newest = (*earlier, drift)[-3:]
    agreeing = sum(window.drifted for window in newest)
    said = (
        f"{drift.novel_share:.0%} of {drift.window} requests are unlike the tested ones "
        f"(p = {drift.p_value:.2g})"
    )
    if drift.p_value <= STRICT_ALPHA:
        return _Finding("retrain", f"What people ask has changed: {said}.")
    if agreeing >= 2:
        reason = f"What people ask has changed in {agreeing} of {len(newest)} windows: {said}."
        return _Finding("retrain", reason)
    return _Finding("investigate", f"One window looks different: {said}. One is not enough.")


def _since_release(
    decays: Sequence[Decay], overrides: OverrideReview | None, drift: DriftResult | None
) -> _Finding | None:
    """A fall that no drift explains: the prompt, or first the test for drift."""
    said = [f"Answers are worse than at release: {one.text}" for one in decays if one.alert]
    if overrides is not None and overrides.triggered:
        said.append(overrides.text)
    if not said:
        return None
    reason = " ".join(said)
    if drift is None:
        return _Finding("investigate", f"{reason} Whether requests have changed is not known.")
    return _Finding("repair_prompt", f"{reason} The requests have not changed.")


def _poor(now: Health | None, target: float | None) -> _Finding | None:
    if now is None:
        return None
    if target is not None and now.quality is not None and now.quality.high < target:
        return _Finding(
            "repair_prompt",
            f"Feedback averages {now.quality}, below the target of {target:.2f}, while the "
            f"requests have not changed.",
        )
    if now.overrides.low > MOST_OVERRIDES:
        return _Finding(
            "repair_prompt",
            f"People replaced {now.overrides.value:.0%} of {now.requests} answers "
            f"(at least {now.overrides.low:.0%}), while the requests have not changed.",
        )
    return None


def _repeats(action: Action, previous: Sequence[Proposal], project: str, created_at: str) -> bool:
    now = datetime.fromisoformat(created_at)
    return any(
        old.project == project
        and old.action == action
        and now - datetime.fromisoformat(old.created_at) < COOL_DOWN
        for old in previous
    )
