"""Staged rollouts: begin, look, roll back, promote. Every move is one compare-and-swap."""

from collections.abc import Sequence

from tuneworthy.core.errors import BlockedProblem, ConflictProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.serving import Rollout, Route, ServingManifest
from tuneworthy.core.nouns.serving_state import RolloutMemory
from tuneworthy.govern import advance
from tuneworthy.lifecycle import gates, serving, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.serve import Block, RolloutState, begin, observe, promote, roll_back


def start(runtime: Runtime, *, drill: bool = False) -> Rollout:
    """Put the current version into the first canary stage.

    Raises BlockedProblem when a gate is shut, ConflictProblem when a rollout is under way.
    """
    version = training.current_version(runtime)
    route = serving.open_route(runtime)
    if route.canary:
        raise ConflictProblem(
            "rollout_running",
            f"Route '{route.id}' already has a canary.",
            fix="tuneworthy serve status; tuneworthy serve rollback",
        )
    manifest = serving.version_manifest(runtime, version)
    if manifest.id == route.production:
        raise BlockedProblem(
            "already_serving", f"{version.id} is already in production on '{route.id}'."
        )
    number = len(runtime.store.list(Rollout)) + 1
    state = begin(
        f"{route.id}-rollout-{number}",
        route=route.id,
        candidate=manifest.id,
        control=route.production,
        settings=runtime.project.rollout,
        created_at=runtime.now(),
        drill=drill,
        accelerated=runtime.clock.accelerated,
    )
    if version.state == ModelState.ROLLED_BACK:
        version = gates.move(runtime, version, ModelState.APPROVED, "approvals still stand")
    _write(runtime, "rollout.begin", state, version, ModelState.CANARY)
    return state.rollout


def look(runtime: Runtime, rollout_id: str, blocks: Sequence[Block]) -> Rollout:
    """Take new outcomes into account and carry out what the rules say. A shut gate rolls back."""
    before = _memory(runtime, rollout_id)
    if before.ended:
        return before.rollout
    after = observe(before, blocks)
    manifest = runtime.store.get(ServingManifest, after.rollout.candidate)
    if not after.ended and manifest is not None:
        allowed = serving.permit(runtime, manifest)
        if not allowed.ok:
            after = roll_back(after, allowed.message)
    if after == before:
        return after.rollout
    return _carry_out(runtime, after)


def end(runtime: Runtime, rollout_id: str, reason: str, *, promoted: bool = False) -> Rollout:
    """A person's word: roll back at any stage, or promote in the last one.

    Raises BlockedProblem when the gates do not allow more exposure.
    """
    state = _memory(runtime, rollout_id)
    if promoted:
        for gate in GateName:
            gates.require(runtime, gate)
        return _carry_out(runtime, promote(state, reason))
    return _carry_out(runtime, roll_back(state, reason))


def running(runtime: Runtime) -> list[Rollout]:
    """The rollouts that have not ended."""
    return [r for r in all_of(runtime) if r.state in ("running", "held")]


def all_of(runtime: Runtime) -> list[Rollout]:
    """Every rollout of this project, oldest first."""
    return [r for r in runtime.store.list(Rollout) if r.route == runtime.project.id]


def _carry_out(runtime: Runtime, state: RolloutState) -> Rollout:
    version = _version(runtime, state.rollout.candidate)
    outcome = state.rollout.state
    if outcome == "promoted":
        _write(runtime, "rollout.promote", state, version, ModelState.PRODUCTION)
        _record_end(runtime, state.rollout)
    elif outcome == "rolled_back":
        _write(runtime, "rollout.roll_back", state, version, ModelState.ROLLED_BACK)
        _record_end(runtime, state.rollout)
    else:
        _write(runtime, "rollout.look", state, version, None)
    return state.rollout


def _write(
    runtime: Runtime,
    action: str,
    state: RolloutState,
    version: ModelVersion,
    to: ModelState | None,
) -> None:
    """Rollout, route and version in one transaction with its audit event."""
    rollout = state.rollout
    store = runtime.store
    route = serving.route_of(runtime)
    generation = store.generation(Route, route.id)
    memory_generation = store.generation(RolloutMemory, rollout.id)
    version_generation = store.generation(ModelVersion, version.id)
    moved = _moved(runtime, version, to)
    superseded = _superseded(runtime, route) if rollout.state == "promoted" else None
    facts = {
        "before": f"canary {route.canary_percent:g} %",
        "after": f"{rollout.state}, canary {state.percent:g} %",
        "reason": rollout.cause,
    }
    with runtime.change(action, ("rollout", rollout.id, digest(rollout)), **facts) as change:
        change.put(rollout)
        change.put(
            RolloutMemory(id=rollout.id, state=state.model_dump_json()), expect=memory_generation
        )
        change.put(_pointed(route, state), expect=generation)
        if moved is not None:
            change.put(moved, expect=version_generation)
        if superseded is not None:
            change.put(superseded)


def _moved(runtime: Runtime, version: ModelVersion, to: ModelState | None) -> ModelVersion | None:
    if to is None or version.state == to:
        return None
    open_gates = [state.gate for state in gates.states(runtime) if state.open]
    return advance(version, to, open_gates)


def _superseded(runtime: Runtime, route: Route) -> ModelVersion | None:
    old = runtime.store.get(ServingManifest, route.production)
    version = runtime.store.get(ModelVersion, old.version) if old and old.adapter else None
    if version is None:
        return None
    return version.model_copy(update={"state": ModelState.SUPERSEDED})


def _pointed(route: Route, state: RolloutState) -> Route:
    """Where the route points after this look."""
    rollout = state.rollout
    if rollout.state == "promoted":
        changes = {
            "production": rollout.candidate,
            "previous": route.production,
            "canary": "",
            "canary_percent": 0.0,
        }
    elif rollout.state == "rolled_back":
        changes = {"canary": "", "canary_percent": 0.0}
    else:
        changes = {"canary": rollout.candidate, "canary_percent": state.percent}
    return route.model_copy(update=changes)


def _record_end(runtime: Runtime, rollout: Rollout) -> None:
    model = runtime.head.model
    runtime.record(runtime.claim("rollout.finished", [model, rollout.id], {"state": rollout.state}))
    if rollout.drill and rollout.state == "rolled_back":
        runtime.record(
            runtime.claim(
                "rollout.rollback_drill",
                [model, rollout.id],
                {
                    "route": rollout.route,
                    "cause": rollout.cause,
                    "restored": rollout.control,
                    "stage_percent": rollout.results[-1].percent,
                },
                stale_after_days=90,
            )
        )


def _memory(runtime: Runtime, rollout_id: str) -> RolloutState:
    memory = runtime.store.get(RolloutMemory, rollout_id)
    if memory is None:
        raise BlockedProblem("no_rollout", f"There is no rollout '{rollout_id}'.")
    return RolloutState.model_validate_json(memory.state)


def _version(runtime: Runtime, manifest_id: str) -> ModelVersion:
    manifest = runtime.store.get(ServingManifest, manifest_id)
    version = runtime.store.get(ModelVersion, manifest.version) if manifest else None
    if version is None:
        raise BlockedProblem("no_version", f"Manifest {manifest_id} names no known version.")
    return version


def latest_ended(runtime: Runtime) -> Rollout | None:
    """The newest rollout that has ended."""
    ended = [r for r in all_of(runtime) if r.state in ("promoted", "rolled_back")]
    return ended[-1] if ended else None


def newest_live(runtime: Runtime) -> Rollout | None:
    """The rollout that is under way, if any."""
    live = running(runtime)
    return live[-1] if live else None


def retire_production(runtime: Runtime, reason: str) -> Route:
    """Put the previous manifest (or the base model) back into production; one person may.

    The version that was in production becomes ``rolled_back``.
    """
    route = serving.route_of(runtime)
    generation = runtime.store.generation(Route, route.id)
    back_to = route.previous or serving.base_manifest(runtime).id
    if back_to == route.production:
        raise BlockedProblem(
            "nothing_to_roll_back", f"Route '{route.id}' already serves its rollback target."
        )
    version = _version(runtime, route.production)
    pointed = route.model_copy(update={"production": back_to, "previous": ""})
    facts = {"before": route.production, "after": back_to, "reason": reason}
    with runtime.change("route.roll_back", ("route", route.id, back_to), **facts) as change:
        change.put(pointed, expect=generation)
        change.put(version.model_copy(update={"state": ModelState.ROLLED_BACK}))
    return pointed
