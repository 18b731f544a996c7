"""What is in production against what it was at its release: signal, alert, proposal."""

from collections.abc import Sequence

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.monitoring import Alert, DriftResult, LiveQuality, LiveReview, Proposal
from tuneworthy.improve import propose
from tuneworthy.improve.propose import COOL_DOWN
from tuneworthy.lifecycle import live_quality, monitoring, releases
from tuneworthy.lifecycle.releases import Release, Traffic
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.monitor import decay_alert, health


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
    alerts = _alerts(runtime, release, qualities, signal)
    return LiveReview(
        version=release.version.id,
        qualities=qualities,
        alerts=alerts,
        proposal=_proposal(runtime, seen, qualities, signal) if alerts else None,
    )


def _alerts(
    runtime: Runtime, release: Release, qualities: Sequence[LiveQuality], signal: Evidence
) -> tuple[Alert, ...]:
    due = [
        decay_alert(
            one,
            project=runtime.project.id,
            owner=monitoring.owner(runtime),
            evidence=(signal.id,),
            created_at=runtime.now(),
        )
        for one in qualities
    ]
    alerts = tuple(alert for alert in due if alert and not _told(runtime, release, alert))
    for alert in alerts:
        monitoring.wake(runtime, alert)
    return alerts


def _proposal(
    runtime: Runtime, seen: Traffic, qualities: Sequence[LiveQuality], signal: Evidence
) -> Proposal | None:
    found = propose(
        _fresh_drift(runtime),
        health(seen.live, seen.said),
        project=runtime.project.id,
        evidence=(signal.id,),
        created_at=runtime.now(),
        previous=monitoring.proposals(runtime),
        decays=[one.decay for one in qualities if one.decay],
    )
    return monitoring.suggest(runtime, found)


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
