"""What is in production against what it was at its release: signal, alert, proposal."""

from collections.abc import Sequence

from tuneworthy.core.nouns.monitoring import (
    Alert,
    DriftResult,
    LiveQuality,
    LiveReview,
    OverrideReview,
    Proposal,
)
from tuneworthy.improve import propose
from tuneworthy.improve.propose import COOL_DOWN
from tuneworthy.lifecycle import live_quality, monitoring, override_rate, releases
from tuneworthy.lifecycle.releases import Release, Traffic
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.monitor import decay_alert, health, override_alert

_Found = tuple[Sequence[LiveQuality], OverrideReview]


def review(runtime: Runtime) -> LiveReview | None:
    """Judge the version in production; None where no tuned version is.

    A fall wakes the owner and proposes what to do, once within seven days. Nothing is retrained,
    promoted or rolled back by this.
    """
    release = releases.in_production(runtime)
    if release is None:
        return None
    seen = releases.traffic(runtime, release)
    qualities, signal = live_quality.measured(runtime, release, seen)
    overrides, counted = override_rate.reviewed(runtime, release, seen)
    signals = (signal.id, counted.id)
    alerts = _alerts(runtime, release, (qualities, overrides), signals)
    return LiveReview(
        version=release.version.id,
        qualities=qualities,
        overrides=overrides,
        alerts=alerts,
        proposal=_proposal(runtime, seen, (qualities, overrides), signals) if alerts else None,
    )


def _alerts(
    runtime: Runtime, release: Release, found: _Found, signals: tuple[str, str]
) -> tuple[Alert, ...]:
    qualities, overrides = found
    project, owner, now = runtime.project.id, monitoring.owner(runtime), runtime.now()
    due = [
        decay_alert(one, project=project, owner=owner, evidence=signals[:1], created_at=now)
        for one in qualities
    ]
    due.append(
        override_alert(
            overrides, project=project, owner=owner, evidence=signals[1:], created_at=now
        )
    )
    alerts = tuple(alert for alert in due if alert and not _told(runtime, release, alert))
    for alert in alerts:
        monitoring.wake(runtime, alert)
    return alerts


def _proposal(
    runtime: Runtime, seen: Traffic, found: _Found, signals: tuple[str, str]
) -> Proposal | None:
    qualities, overrides = found
    made = propose(
        _fresh_drift(runtime),
        health(seen.live, seen.said),
        project=runtime.project.id,
        evidence=signals,
        created_at=runtime.now(),
        previous=monitoring.proposals(runtime),
        decays=[one.decay for one in qualities if one.decay],
        overrides=overrides,
    )
    return monitoring.suggest(runtime, made)


def _told(runtime: Runtime, release: Release, alert: Alert) -> bool:
    """Whether somebody was woken for the same version and the same thing in the last days."""
    since = max((runtime.clock.now() - COOL_DOWN).isoformat(), release.promoted_at)
    return any(
        old.about == alert.about and old.created_at >= since for old in monitoring.alerts(runtime)
    )


def _fresh_drift(runtime: Runtime) -> DriftResult | None:
    """The newest test for drift, unless it is too old to say anything of these days."""
    found = [e for e in runtime.evidence() if e.about == "monitor.drift"]
    since = (runtime.clock.now() - COOL_DOWN).isoformat()
    fresh = bool(found) and found[-1].created_at >= since
    return monitoring.newest_drift(runtime) if fresh else None
