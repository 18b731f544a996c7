"""What was known of the version in production when it was released; none of it changes later."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.serving import Feedback, Interaction, Rollout, Route, ServingManifest
from tuneworthy.lifecycle import rollouts
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

LEAST = 50
"""Answers as a canary, or words on them, that a share at release needs."""

SPAN = timedelta(days=14)
"""Two windows of seven days; what was answered before them is not looked at."""


class Release(NamedTuple):
    """The version in production, and the rollout that brought it there."""

    manifest: ServingManifest
    version: ModelVersion
    rollout: Rollout
    promoted_at: str


def in_production(runtime: Runtime) -> Release | None:
    """The newest promotion of what is in production; None while the bare base answers."""
    store = runtime.store
    route = store.get(Route, runtime.project.id)
    manifest = store.get(ServingManifest, route.production) if route else None
    version = store.get(ModelVersion, manifest.version) if manifest else None
    if manifest is None or version is None:
        return None
    promoted = {
        subject: item.created_at
        for item in runtime.evidence()
        if item.about == "rollout.finished" and item.result.get("state") == "promoted"
        for subject in item.subjects
    }
    own = [r for r in rollouts.all_of(runtime) if r.candidate == manifest.id and r.id in promoted]
    return Release(manifest, version, own[-1], promoted[own[-1].id]) if own else None


class Traffic(NamedTuple):
    """What a version answered, and what was said of it."""

    live: list[Interaction]
    """Its newest answers in production."""
    first: list[Interaction]
    """Its answers as a canary: a set that never changes."""
    said: list[Feedback]


def traffic(runtime: Runtime, release: Release) -> Traffic:
    """What is looked at to compare a version with what it was at its release."""
    since = max((runtime.clock.now() - SPAN).isoformat(), release.promoted_at)
    manifest = release.manifest
    rows = runtime.store.interactions(manifest.route, since)
    return Traffic(
        live=[row for row in rows if row.manifest == manifest.id and row.arm == "production"],
        first=list(_canary_answers(runtime, release)),
        said=list(runtime.store.feedback()),
    )


def _canary_answers(runtime: Runtime, release: Release) -> Iterator[Interaction]:
    manifest = release.manifest
    for row in runtime.store.interactions(manifest.route, release.rollout.created_at):
        if row.created_at > release.promoted_at:
            return
        if row.manifest == manifest.id and row.arm == "canary":
            yield row


def judged(runtime: Runtime, release: Release) -> EvaluationRun | None:
    """The newest run of the version on a frozen suite before it was promoted."""
    version = release.version
    weights = digest([version.base, version.adapter])
    runs = [
        run
        for run in runtime.store.list(EvaluationRun)
        if run.arm.arm == "tuned"
        and run.model == weights
        and digest(run.arm) == version.prompt
        and run.created_at <= release.promoted_at
    ]
    return runs[-1] if runs else None
