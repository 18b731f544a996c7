"""How good live answers are against the version's release, kept as evidence."""

from collections.abc import Mapping
from typing import Literal

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.monitoring import LiveQuality
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import releases
from tuneworthy.lifecycle.releases import Release, Traffic
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.monitor import ACCURACY, SATISFACTION, check_decay, daily_scores, newest_scores

QUALITY = "monitor.quality"
STALE_DAYS = 8

Measure = Literal["accuracy", "satisfaction"]
_LEAST: Mapping[Measure, float] = {"accuracy": ACCURACY, "satisfaction": SATISFACTION}


def measured(
    runtime: Runtime, release: Release, seen: Traffic
) -> tuple[tuple[LiveQuality, ...], Evidence]:
    """Accuracy and satisfaction of the newest days, with the evidence that says so."""
    found = (_accuracy(runtime, release, seen), _satisfaction(runtime, seen))
    claim = runtime.claim(
        QUALITY,
        [version_digest(release.version)],
        {
            "version": release.version.id,
            "manifest": release.manifest.id,
            "qualities": [one.model_dump(mode="json") for one in found],
            "at": runtime.now(),
        },
        stale_after_days=STALE_DAYS,
    )
    runtime.record(claim)
    return found, claim


def newest(runtime: Runtime) -> tuple[LiveQuality, ...]:
    """What was found last, from the ledger."""
    found = [e for e in runtime.evidence() if e.about == QUALITY]
    return tuple(map(LiveQuality.model_validate, found[-1].result["qualities"])) if found else ()


def _accuracy(runtime: Runtime, release: Release, seen: Traffic) -> LiveQuality:
    """By checks of live answers, against the score on the frozen suite before release."""
    run = releases.judged(runtime, release)
    return _quality(
        runtime,
        "accuracy",
        seen.live,
        newest_scores(seen.said, "check"),
        run.score.value if run else 0.0,
        blank="Not known: no score on the frozen suite is on record from before release.",
    )


def _satisfaction(runtime: Runtime, seen: Traffic) -> LiveQuality:
    """By users' words, against their words on the version's answers as a canary."""
    scores = newest_scores(seen.said, "user")
    rated = [scores[row.id] for row in seen.first if row.id in scores]
    return _quality(
        runtime,
        "satisfaction",
        seen.live,
        scores,
        sum(rated) / len(rated) if len(rated) >= releases.LEAST else 0.0,
        blank=f"Not known: users rated {len(rated)} of its answers as a canary; a baseline needs "
        f"{releases.LEAST}, and one that they liked.",
    )


def _quality(
    runtime: Runtime,
    measure: Measure,
    live: list[Interaction],
    scores: Mapping[str, float],
    baseline: float,
    *,
    blank: str,
) -> LiveQuality:
    if baseline <= 0:
        return LiveQuality(measure=measure, decay=None, text=blank)
    days = daily_scores(live, scores, now=runtime.clock.now())
    decay = check_decay(days, baseline=baseline, least=_LEAST[measure])
    return LiveQuality(measure=measure, decay=decay, text=decay.text)
