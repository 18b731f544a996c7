"""Staged rollouts: begin, look, roll back, promote. Every move is one compare-and-swap.

Whatever gives a version more traffic looks at its gates once more inside the transaction that does
it. Changes happen one after another, so nothing can shut a gate between that look and the move.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tuneworthy.core.errors import BlockedProblem, ConflictProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.serving import Rollout, Route, ServingManifest
from tuneworthy.core.nouns.serving_state import RolloutMemory
from tuneworthy.govern import Action, Matter, advance, version_digest
from tuneworthy.lifecycle import (
    access,
    assessing,
    gates,
    rollout_memory,
    serving,
    taints,
    training,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.serve import Block, RolloutState, begin, observe, promote, roll_back

SHUT = "gate_shut_meanwhile"
"""The code of the problem that the gates did not stand inside the transaction."""

LOOKS = 10
"""How often a look is tried when somebody else writes the rollout at the same moment."""


def start(runtime: Runtime, *, drill: bool = False) -> Rollout:
    """Put the current version into the first canary stage.

    Raises BlockedProblem when a gate is shut, ConflictProblem when a rollout is under way.
    """
    # What Release was approved for is the plan that is carried out: another one needs approval.
    runtime.record(assessing.plan(runtime))
    gates.settle(runtime)
    version = training.current_version(runtime)
    taints.require_clear(runtime, version.id)
    route = serving.open_route(runtime)
    _refuse_second(route)
    manifest = serving.version_manifest(runtime, version)
    _allow(runtime, Action.RAISE_EXPOSURE, version)
    if manifest.id == route.production:
        raise BlockedProblem(
            "already_serving", f"{version.id} is already in production on '{route.id}'."
        )
    if version.state == ModelState.ROLLED_BACK:
        gates.move(runtime, version, ModelState.APPROVED, "approvals still stand")
    return _begin(runtime, route, manifest.id, drill=drill)


def rehearse(runtime: Runtime) -> Rollout:
    """Put what is in production into the first canary stage too: nobody is answered by another.

    So the way back is tried while nothing else is released. The version's own state stays, and
    such a rollout ends by being rolled back and in no other way.

    Raises BlockedProblem when it may not be served any more, ConflictProblem when a rollout is
    under way.
    """
    _allow(runtime, Action.DRILL)
    route = serving.route_of(runtime)
    _refuse_second(route)
    manifest = runtime.store.get(ServingManifest, route.production)
    allowed = serving.permit(runtime, manifest) if manifest else None
    if allowed and not allowed.ok:
        raise BlockedProblem("gate_shut", allowed.message, fix=allowed.fix)
    return _begin(runtime, route, route.production, drill=True)


def _begin(runtime: Runtime, route: Route, manifest: str, *, drill: bool) -> Rollout:
    number = len(runtime.store.list(Rollout)) + 1
    state = begin(
        f"{route.id}-rollout-{number}",
        route=route.id,
        candidate=manifest,
        control=route.production,
        settings=runtime.project.rollout,
        created_at=runtime.now(),
        drill=drill,
        accelerated=runtime.clock.accelerated,
    )
    with _refusing(runtime, manifest):
        _write(runtime, "rollout.begin", state, 0, ModelState.CANARY)
    return state.rollout


def _rehearsal(rollout: Rollout) -> bool:
    return rollout.candidate == rollout.control


def _refuse_second(route: Route) -> None:
    if route.canary:
        raise ConflictProblem(
            "rollout_running",
            f"Route '{route.id}' already has a canary.",
            fix="tuneworthy serve status; tuneworthy serve rollback",
        )


def look(runtime: Runtime, rollout_id: str, blocks: Sequence[Block]) -> Rollout:
    """Take new outcomes into account and carry out what the rules say. A shut gate rolls back.

    Raises ConflictProblem when others keep writing the same rollout.
    """
    for _ in range(LOOKS - 1):
        try:
            return _look(runtime, rollout_id, blocks)
        except ConflictProblem:
            continue  # a person or another gateway was first: what they wrote is read anew
    return _look(runtime, rollout_id, blocks)


def _look(runtime: Runtime, rollout_id: str, blocks: Sequence[Block]) -> Rollout:
    before, generation = rollout_memory.memory(runtime, rollout_id)
    if before.ended:
        return before.rollout
    if why := rollout_memory.memory_fault(runtime, rollout_id):
        return _carry_out(runtime, roll_back(before, why), generation)
    after = observe(before, blocks)
    manifest = runtime.store.get(ServingManifest, after.rollout.candidate)
    if not after.ended and manifest is not None:
        allowed = serving.permit(runtime, manifest)
        why = taints.fault(runtime, manifest.version) if allowed.ok else allowed.message
        if why:
            after = roll_back(after, why)
    if after.rollout.state == "promoted" and _rehearsal(after.rollout):
        after = roll_back(before, "A drill is over: what it tried is in production.")
    if after == before:
        return after.rollout
    return _carry_out(runtime, after, generation)


def end(runtime: Runtime, rollout_id: str, reason: str, *, promoted: bool = False) -> Rollout:
    """A person's word: roll back at any stage, or promote in the last one.

    Raises BlockedProblem when the gates do not allow more exposure.
    """
    state, generation = rollout_memory.memory(runtime, rollout_id)
    if not promoted:
        _allow(runtime, Action.ROLL_BACK)
        return _carry_out(runtime, roll_back(state, reason), generation)
    if _rehearsal(state.rollout):
        raise BlockedProblem(
            "already_serving",
            f"'{rollout_id}' is a drill of what is in production; there is nothing to promote.",
            fix="tuneworthy serve rollback --reason '...'",
        )
    candidate, moved = state.rollout.candidate, promote(state, reason)
    version = _version(runtime, candidate)
    if rollout_memory.memory(runtime, rollout_id)[1] != generation:
        # Somebody moved the rollout, so the version may be that of after the move.
        return end(runtime, rollout_id, reason, promoted=promoted)
    with _refusing(runtime, candidate):
        _allow(runtime, Action.RAISE_EXPOSURE, version)
        return _carry_out(runtime, moved, generation)


def _allow(runtime: Runtime, action: Action, version: ModelVersion | None = None) -> None:
    """Ask for an action on a version whose gates were all found open, or on none."""
    matter = Matter(state=version.state, open_gates=frozenset(GateName)) if version else Matter()
    access.require(runtime, access.caller(runtime), action, matter)


@contextmanager
def _refusing(runtime: Runtime, manifest_id: str) -> Iterator[None]:
    """Say which gate is shut, where one was inside the transaction."""
    try:
        yield
    except ConflictProblem as problem:
        if problem.code == SHUT:
            _refuse(runtime, manifest_id)
        raise


def _refuse(runtime: Runtime, manifest_id: str) -> None:
    """Raise BlockedProblem with the gate that is shut for a candidate, and record the refusal."""
    manifest = runtime.store.get(ServingManifest, manifest_id)
    if manifest is None:
        raise BlockedProblem("no_manifest", f"Manifest {manifest_id} is not in the store.")
    if runtime.head.model == version_digest(_version(runtime, manifest_id)):
        for gate in GateName:
            gates.require(runtime, gate)
    taints.require_clear(runtime, manifest.version)
    allowed = serving.permit(runtime, manifest)
    if not allowed.ok:
        raise BlockedProblem("gate_shut", allowed.message, fix=allowed.fix)


def running(runtime: Runtime) -> list[Rollout]:
    """The rollouts that have not ended."""
    return [r for r in all_of(runtime) if r.state in ("running", "held")]


def all_of(runtime: Runtime) -> list[Rollout]:
    """Every rollout of this project, oldest first."""
    return [r for r in runtime.store.list(Rollout) if r.route == runtime.project.id]


def _carry_out(runtime: Runtime, state: RolloutState, generation: int) -> Rollout:
    outcome = state.rollout.state
    if outcome == "promoted":
        _write(runtime, "rollout.promote", state, generation, ModelState.PRODUCTION)
    elif outcome == "rolled_back":
        _write(runtime, "rollout.roll_back", state, generation, ModelState.ROLLED_BACK)
    else:
        _write(runtime, "rollout.look", state, generation, None)
    return state.rollout


def _write(
    runtime: Runtime,
    action: str,
    state: RolloutState,
    memory_generation: int,
    to: ModelState | None,
) -> None:
    """Rollout, route, version and evidence in one transaction with its audit event.

    Every generation is read before what it belongs to, the rollout's by the caller: whatever
    somebody else writes in between is a ConflictProblem here and never lost.
    """
    rollout = state.rollout
    route_generation = runtime.store.generation(Route, rollout.route)
    route = serving.route_of(runtime)
    if memory_generation == 0:
        _refuse_second(route)
    version, version_generation = _read(runtime, _version(runtime, rollout.candidate).id)
    replaced = _tuned(runtime, route.production) if rollout.state == "promoted" else None
    claims = rollout_memory.claims_of_end(runtime, rollout, version) if state.ended else []
    facts = {
        "before": f"canary {route.canary_percent:g} %",
        "after": f"{rollout.state}, canary {state.percent:g} %",
        "reason": rollout.cause,
        "evidence": tuple(claim.id for claim in claims),
    }
    old, old_generation = _read(runtime, replaced.id) if replaced else (None, 0)
    with runtime.change(action, ("rollout", rollout.id, digest(rollout)), **facts) as change:
        change.put(
            RolloutMemory(id=rollout.id, state=state.model_dump_json()), expect=memory_generation
        )
        change.put(rollout)
        pointed = _pointed(route, state)
        # Looked at before the route points to it: what has to stand before it does is asked then.
        more = _exposes(route, pointed)
        standing = _standing(runtime, rollout.candidate, rollout.id) if more else ()
        change.put(pointed, expect=route_generation)
        # What was taken out of use while it was a canary stays so, as what is in production does.
        moves = to is not None and not _rehearsal(rollout)
        if to is not None and moves and version.state not in (to, *serving.OUT_OF_USE):
            change.put(advance(version, to, standing), expect=version_generation)
        if old is not None and old.state == ModelState.PRODUCTION:
            superseded = old.model_copy(update={"state": ModelState.SUPERSEDED})
            change.put(superseded, expect=old_generation)
        for claim in claims:
            change.put(claim)


def _read(runtime: Runtime, id_: str) -> tuple[ModelVersion, int]:
    """A version and the generation to be expected when it is written, read in this order."""
    generation = runtime.store.generation(ModelVersion, id_)
    version = runtime.store.get(ModelVersion, id_)
    if version is None:
        raise BlockedProblem("no_version", f"There is no model version '{id_}'.")
    return version, generation


def _exposes(before: Route, after: Route) -> bool:
    """Whether a route gives a version more traffic than it had.

    What is in production has all of it, and gets no more as a canary beside itself.
    """
    more = after.production != before.production or after.canary_percent > before.canary_percent
    return (more or after.canary not in ("", before.canary)) and after.canary != before.production


def _standing(runtime: Runtime, manifest_id: str, rollout: str = "") -> tuple[GateName, ...]:
    """All gates, as they stand inside the transaction that gives a version more traffic.

    A permit says that all four gates stand for this version, though newer data have shut them
    for whatever comes next. Raises ConflictProblem when they do not any more.
    """
    manifest = runtime.store.get(ServingManifest, manifest_id)
    allowed = serving.permit(runtime, manifest) if manifest else None
    why = allowed.message if allowed else f"Manifest {manifest_id} is not in the store."
    if manifest is not None and allowed is not None and allowed.ok:
        why = taints.fault(runtime, manifest.version)
    why = why or rollout_memory.memory_fault(runtime, rollout)
    if why:
        fix = allowed.fix if allowed else "tuneworthy serve rollback"
        raise ConflictProblem(SHUT, why, why="Nothing was written.", fix=fix)
    return tuple(GateName)


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


def _version(runtime: Runtime, manifest_id: str) -> ModelVersion:
    manifest = runtime.store.get(ServingManifest, manifest_id)
    version = runtime.store.get(ModelVersion, manifest.version) if manifest else None
    if version is None:
        raise BlockedProblem("no_version", f"Manifest {manifest_id} names no known version.")
    return version


def newest_live(runtime: Runtime) -> Rollout | None:
    """The rollout that is under way, if any."""
    live = running(runtime)
    return live[-1] if live else None


def retire_production(runtime: Runtime, reason: str) -> Route:
    """Put the previous manifest (or the base model) back into production; one person may.

    The version that was in production becomes ``rolled_back``, and the one before it is in
    production again; where that one may not be served any more, the base model answers.
    """
    _allow(runtime, Action.ROLL_BACK)
    generation = runtime.store.generation(Route, runtime.project.id)
    route = serving.route_of(runtime)
    back_to = _rollback_target(runtime, route)
    if back_to == route.production:
        raise BlockedProblem(
            "nothing_to_roll_back", f"Route '{route.id}' already serves its rollback target."
        )
    states = {route.production: ModelState.ROLLED_BACK, back_to: ModelState.PRODUCTION}
    moved = [
        (*_read(runtime, version.id), state)
        for id_, state in states.items()
        if (version := _tuned(runtime, id_))
    ]
    pointed = route.model_copy(update={"production": back_to, "previous": ""})
    facts = {"before": route.production, "after": back_to, "reason": reason}
    with runtime.change("route.roll_back", ("route", route.id, back_to), **facts) as change:
        change.put(pointed, expect=generation)
        _standing(runtime, back_to)
        for version, written, state in moved:
            # A version that was taken out of use stays so, wherever the route pointed.
            if version.state not in serving.OUT_OF_USE:
                change.put(version.model_copy(update={"state": state}), expect=written)
    return pointed


def _rollback_target(runtime: Runtime, route: Route) -> str:
    previous = runtime.store.get(ServingManifest, route.previous)
    if previous is not None and serving.permit(runtime, previous).ok:
        return previous.id
    return serving.base_manifest(runtime).id


def _tuned(runtime: Runtime, manifest_id: str) -> ModelVersion | None:
    """The version behind a manifest; None for the bare base model."""
    manifest = runtime.store.get(ServingManifest, manifest_id)
    return runtime.store.get(ModelVersion, manifest.version) if manifest else None
