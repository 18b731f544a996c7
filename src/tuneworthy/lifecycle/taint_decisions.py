"""What the owner of a tainted model version chooses, and what follows from it."""

from pathlib import Path

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.erasure import Taint, TaintDecision
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.lifecycle import gates, people, rollouts, taints
from tuneworthy.lifecycle.wiring import Runtime

OWNERS = frozenset({Role.MODEL_OWNER, Role.BUSINESS_OWNER})

_STRAIGHT = (ModelState.SUPERSEDED, ModelState.ROLLED_BACK, ModelState.QUARANTINED)
"""States from which a version can be retired at once."""


def settle(
    runtime: Runtime,
    version: str,
    decision: TaintDecision,
    *,
    person: str,
    reason: str,
    document: Path | None = None,
) -> Taint:
    """Keep an owner's choice.

    ``retire`` takes the version out of traffic and out of use. ``retrain`` leaves it where it is
    until a new version takes its place, and lets it no further. ``finding`` needs a document that
    says why the weights may stay in use; then the version is free again.

    Raises ConfigProblem for a version that is not tainted or a document that cannot be read,
    BlockedProblem when the person does not own it, UsageProblem without a reason.
    """
    taint = runtime.store.get(Taint, version)
    if taint is None or not decision:
        raise ConfigProblem(
            "not_tainted",
            f"'{version}' is no tainted version.",
            fix="tuneworthy erasures list",
        )
    if not reason.strip():
        raise UsageProblem("no_reason", "A choice needs a reason.", fix="--reason '...'")
    _require_owner(runtime, person)
    kept = _document(runtime, document) if decision == "finding" else ""
    if decision == "retire":
        _retire(runtime, version, reason)
    settled = taint.model_copy(
        update={
            "decision": decision,
            "person": person,
            "reason": reason,
            "document": kept,
            "decided_at": runtime.now(),
        }
    )
    taints.keep(runtime, settled, "version.settle", person, f"{decision}: {reason}")
    return settled


def _require_owner(runtime: Runtime, person: str) -> None:
    found = people.find(runtime, person)
    if not found.active or not OWNERS & set(found.roles):
        raise BlockedProblem(
            "not_the_owner",
            f"{found.name} cannot choose for this version.",
            why="That is for its model owner or business owner.",
            fix="--by PERSON (tuneworthy people list)",
        )


def _document(runtime: Runtime, path: Path | None) -> str:
    fix = "Write down why these weights may stay in use: --document FILE"
    if path is None:
        raise UsageProblem("no_document", "A finding needs its document.", fix=fix)
    require_file(path, fix)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ConfigProblem(
            "no_document", f"{path} cannot be read.", why=str(fault.strerror), fix=fix
        ) from fault
    if not content.strip():
        raise ConfigProblem("document_blank", f"{path} is blank.", fix=fix)
    return runtime.blobs.put(content)


def _retire(runtime: Runtime, id_: str, reason: str) -> None:
    _out_of_traffic(runtime, id_, reason)
    version = runtime.store.get(ModelVersion, id_)
    if version is None or version.state == ModelState.RETIRED:
        return
    if version.state not in _STRAIGHT:
        version = gates.move(runtime, version, ModelState.QUARANTINED, reason)
    gates.move(runtime, version, ModelState.RETIRED, reason)


def _out_of_traffic(runtime: Runtime, id_: str, reason: str) -> None:
    for rollout in rollouts.running(runtime):
        if _version_of(runtime, rollout.candidate) == id_:
            rollouts.end(runtime, rollout.id, reason)
    route = runtime.store.get(Route, runtime.project.id)
    if route is not None and _version_of(runtime, route.production) == id_:
        rollouts.retire_production(runtime, reason)


def _version_of(runtime: Runtime, manifest: str) -> str:
    found = runtime.store.get(ServingManifest, manifest)
    return found.version if found else ""
