"""How often people replace answers against the version's release, kept as evidence."""

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.monitoring import OverrideReview
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle.live_quality import STALE_DAYS
from tuneworthy.lifecycle.releases import LEAST, Release, Traffic
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.monitor import count_overrides, review_overrides, weekly_overrides

OVERRIDES = "monitor.overrides"


def reviewed(runtime: Runtime, release: Release, seen: Traffic) -> tuple[OverrideReview, Evidence]:
    """The two newest weeks against the answers as a canary, with the evidence that says so.

    Reviewed is only what can be judged: a week with answers, and a share at release.
    """
    first = count_overrides(seen.first, seen.said)
    baseline = first.overridden / first.requests if first.requests >= LEAST else None
    weeks = weekly_overrides(seen.live, seen.said, now=runtime.clock.now())
    found = review_overrides(weeks, baseline=baseline)
    claim = runtime.claim(
        OVERRIDES,
        [version_digest(release.version)],
        {
            **found.model_dump(mode="json"),
            "reviewed": baseline is not None and weeks[-1].requests > 0,
            "version": release.version.id,
            "manifest": release.manifest.id,
            "at": runtime.now(),
        },
        stale_after_days=STALE_DAYS,
    )
    runtime.record(claim)
    return found, claim


def newest(runtime: Runtime) -> OverrideReview | None:
    """What was found last, from the ledger."""
    found = [e for e in runtime.evidence() if e.about == OVERRIDES]
    if not found:
        return None
    fields = {k: v for k, v in found[-1].result.items() if k in OverrideReview.model_fields}
    return OverrideReview.model_validate(fields)
