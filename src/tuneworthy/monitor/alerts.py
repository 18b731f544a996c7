"""What monitoring says to a person: one alert, one owner, the evidence named."""

from collections.abc import Sequence
from typing import Literal

from tuneworthy.core.nouns.monitoring import (
    Alert,
    DriftResult,
    Health,
    LiveQuality,
    OverrideReview,
)
from tuneworthy.methods.canonical import digest, short

MOST_ERRORS = 0.02
"""Share of failed requests that is still tolerated."""
CRITICAL_ERRORS = 0.2

Severity = Literal["info", "warning", "critical"]


def drift_alert(
    result: DriftResult, *, project: str, owner: str, evidence: Sequence[str], created_at: str
) -> Alert | None:
    """An alert when the window has drifted, else None."""
    if not result.drifted:
        return None
    message = (
        f"What people ask has changed: p = {result.p_value:.2g} over {result.window} requests "
        f"(alarm at {result.alpha:g}); {result.novel_share:.0%} are unlike any tested request."
    )
    return _alert("drift", "warning", message, project, owner, evidence, created_at)


def decay_alert(
    quality: LiveQuality, *, project: str, owner: str, evidence: Sequence[str], created_at: str
) -> Alert | None:
    """An alert when answers have become worse since release, else None."""
    if quality.decay is None or not quality.decay.alert:
        return None
    message = f"Live {quality.measure} has fallen since release: {quality.decay.text}"
    about = f"decay.{quality.measure}"
    return _alert(about, "warning", message, project, owner, evidence, created_at)


def override_alert(
    review: OverrideReview, *, project: str, owner: str, evidence: Sequence[str], created_at: str
) -> Alert | None:
    """An alert when people replace more answers than at release, else None."""
    if not review.triggered:
        return None
    return _alert("overrides", "warning", review.text, project, owner, evidence, created_at)


def health_alerts(
    health: Sequence[Health],
    *,
    project: str,
    owner: str,
    evidence: Sequence[str],
    created_at: str,
    target: float | None = None,
) -> tuple[Alert, ...]:
    """Alerts where the whole interval lies on the wrong side, so that noise wakes nobody.

    Args:
        health: One entry a serving manifest.
        project: The project's id.
        owner: Whom the alert wakes.
        evidence: Ids of the evidence behind the numbers.
        created_at: The present moment.
        target: The quality, 0..1, that feedback should show; None where none was set.
    """
    found: list[tuple[str, Severity, str]] = []
    for one in health:
        name = short(one.manifest)
        if one.errors.low > MOST_ERRORS:
            grave: Severity = "critical" if one.errors.low > CRITICAL_ERRORS else "warning"
            message = f"{one.errors.value:.1%} of {one.requests} requests to {name} failed."
            found.append(("errors", grave, message))
        if target is not None and one.quality is not None and one.quality.high < target:
            message = (
                f"Feedback on {name} averages {one.quality.value:.2f} over {one.quality.n} "
                f"answers; the target is {target:.2f}."
            )
            found.append(("quality", "warning", message))
    return tuple(
        _alert(about, severity, message, project, owner, evidence, created_at)
        for about, severity, message in found
    )


def _alert(
    about: str,
    severity: Severity,
    message: str,
    project: str,
    owner: str,
    evidence: Sequence[str],
    created_at: str,
) -> Alert:
    facts = {
        "project": project,
        "about": about,
        "severity": severity,
        "message": message,
        "owner": owner,
        "evidence": tuple(evidence),
        "created_at": created_at,
    }
    return Alert.model_validate({"id": digest(facts), **facts})
