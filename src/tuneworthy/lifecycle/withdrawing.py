"""Taking a version out of use by one person's word, and the drill that shows how long it takes."""

import time
from collections.abc import Callable
from functools import partial

from tuneworthy.core.errors import ConflictProblem
from tuneworthy.core.nouns.alias import Drilled
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.serving import Rollout, Route, ServingManifest
from tuneworthy.govern import advance, version_digest
from tuneworthy.lifecycle import aliases, gates, rollouts, serving, training
from tuneworthy.lifecycle.wiring import Runtime

DRILL_DAYS = 90
"""How long a drill counts."""


def quarantine(runtime: Runtime, name: str, reason: str) -> ModelVersion:
    """Take a version out of use; from then on it answers nobody, and its traffic goes elsewhere.

    The state is written first: no permit stands from that moment, though a kill came right after.

    Raises ConfigProblem for an unknown version, BlockedProblem when it is in quarantine already.
    """
    version = aliases.resolve(runtime, name)
    generation = runtime.store.generation(ModelVersion, version.id)
    version = runtime.store.get(ModelVersion, version.id) or version
    taken = advance(version, ModelState.QUARANTINED, ())
    what = ("model_version", version.id, version_digest(version))
    facts = {"before": version.state.value, "after": taken.state.value, "reason": reason}
    with runtime.change("version.quarantine", what, **facts) as change:
        change.put(taken, expect=generation)
    _withdraw(runtime, version, f"{version.id} was quarantined: {reason}")
    return taken


def _withdraw(runtime: Runtime, version: ModelVersion, reason: str) -> None:
    live = rollouts.newest_live(runtime)
    if live and _version_of(runtime, live.candidate) == version.id:
        rollouts.end(runtime, live.id, reason)
    route = runtime.store.get(Route, runtime.project.id)
    if route and _version_of(runtime, route.production) == version.id:
        rollouts.retire_production(runtime, reason)


def _version_of(runtime: Runtime, manifest_id: str) -> str:
    manifest = runtime.store.get(ServingManifest, manifest_id)
    return manifest.version if manifest else ""


def drill(runtime: Runtime, reason: str) -> Drilled:
    """Put the released version into its first stage, take it back, and do both once more; measured.

    The gates hold as for any rollout. Traffic sees the first stage for that moment. The end is as
    the beginning: whoever wants the rollout starts it. While no newer version is released, it is
    done with the one in production, and traffic sees no other.

    Raises BlockedProblem when a gate is shut, ConflictProblem when a rollout is under way.
    """
    if rollouts.newest_live(runtime):
        raise ConflictProblem(
            "rollout_running",
            "A rollout is under way; a drill would end it.",
            fix="tuneworthy serve status; tuneworthy serve rollback",
        )
    before = serving.open_route(runtime)
    version, start = _drilled(runtime, before)
    first = start()
    back = _timed_end(runtime, first.id, reason)
    begun = time.perf_counter()
    again = start()
    forward = time.perf_counter() - begun
    _timed_end(runtime, again.id, reason)
    after = serving.route_of(runtime)
    found = Drilled(
        version=version.id,
        route=after.id,
        seconds_back=round(back, 3),
        seconds_forward=round(forward, 3),
        restored=(after.production, after.canary) == (before.production, ""),
    )
    runtime.record(
        runtime.claim(
            "serve.rollback_drill",
            [version_digest(version), first.id, again.id, after.id],
            found.model_dump(mode="json"),
            stale_after_days=DRILL_DAYS,
        )
    )
    return found


def _drilled(runtime: Runtime, route: Route) -> tuple[ModelVersion, Callable[[], Rollout]]:
    """The version that a drill takes, and how it is put into the first stage."""
    serving_now = runtime.store.get(ModelVersion, _version_of(runtime, route.production))
    if serving_now is not None and (
        serving_now.id == runtime.head.version
        or not all(found.open for found in gates.states(runtime))
    ):
        return serving_now, partial(rollouts.rehearse, runtime)
    return training.current_version(runtime), partial(rollouts.start, runtime, drill=True)


def _timed_end(runtime: Runtime, rollout: str, reason: str) -> float:
    """Seconds from the word until the ledger's state shows the canary gone."""
    begun = time.perf_counter()
    rollouts.end(runtime, rollout, reason)
    while serving.state(runtime).routes[0].canary:
        time.sleep(0.001)
    return time.perf_counter() - begun
