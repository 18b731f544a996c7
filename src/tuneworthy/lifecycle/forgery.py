"""What in the ledger nobody with the right key can have put there: gates do not count it.

Whoever can write into the database can also forge a chain around what they write. What they cannot
make is a signature of somebody else, so people, decisions, documents and what is served are held to
signatures and to the people file.
"""

import base64
import json
from collections.abc import Iterator

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.govern import SERVED, manifest_digest, signature_fault
from tuneworthy.lifecycle import audited, gates, people, signed_claims
from tuneworthy.lifecycle.changed_rows import changed_rows
from tuneworthy.lifecycle.named_states import HELD
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short

_STATES = SERVED | {ModelState.APPROVED}


def findings(runtime: Runtime) -> list[str]:
    """Every forged or unsupported row of this project, in words; empty when there is none."""
    return [
        *_people(runtime),
        *_approvals(runtime),
        *_documents(runtime),
        *_altered(runtime),
        *_manifests(runtime),
        *_versions(runtime),
        *_route(runtime),
        *changed_rows(runtime.store, {item.id for item in runtime.altered}),
    ]


def _people(runtime: Runtime) -> Iterator[str]:
    for person, what in people.altered(runtime).items():
        yield f"person {person} has {what} in the ledger than in {runtime.project.people}"


def _approvals(runtime: Runtime) -> Iterator[str]:
    known = people.by_every_key(runtime)
    decided = list(audited.objects(runtime.store, ("gate.approve", "gate.reject")))
    named, rows = {thing.id for thing in decided}, runtime.store.list(Approval)
    held = {approval.id for approval in rows}
    for thing in decided:
        if thing.id not in held and thing.on_behalf_of in (runtime.project.id, ""):
            what = thing.action.replace("gate.", "the decision to ")
            yield f"{what} a gate ({short(thing.id)}) is not in the ledger any more"
    for approval in rows:
        if _project(approval) not in (runtime.project.id, ""):
            continue
        ways = known.get(approval.person, [])
        faults = [signature_fault(approval, {one.id: one}) for one in ways]
        fault = "" if "" in faults else [*faults, signature_fault(approval, {})][0]
        if not fault and approval.id not in named:
            fault = "no event of the audit chain names it"
        if fault:
            who = f"{approval.person} as {approval.role.value.replace('_', ' ')}"
            yield f"{approval.decision} of the {approval.gate.value} gate by {who}: {fault}"


def _project(approval: Approval) -> str:
    """The project that an approval is about; empty where that cannot be read."""
    try:
        statement = json.loads(base64.b64decode(approval.envelope["payload"]))
        return str(statement["predicate"]["project"])
    except (LookupError, TypeError, ValueError):
        return ""


def _documents(runtime: Runtime) -> Iterator[str]:
    evidence = runtime.evidence()
    forged = signed_claims.forged(runtime, evidence)
    for item in evidence:
        if item.id in forged:
            yield f"{item.about} ({short(item.id)}): {item.signer} did not sign it"


def _altered(runtime: Runtime) -> Iterator[str]:
    """Evidence and other rows that are not what the chain says was written."""
    runtime.evidence()
    for item in runtime.altered:
        yield f"the evidence {item.about} ({short(item.id)}) is not what its digest says"
    for kind in HELD:
        runtime.states.held(runtime.store, kind)
    for version in runtime.states.tainted(runtime.store):
        if runtime.states.taint_changed(runtime.store, version):
            yield f"the taint of {version} is not what was recorded"


def _manifests(runtime: Runtime) -> Iterator[str]:
    for manifest in runtime.store.list(ServingManifest):
        if manifest.route == runtime.project.id and manifest_digest(manifest) != manifest.id:
            yield f"serving manifest {short(manifest.id)} is not what its digest says"


def _versions(runtime: Runtime) -> Iterator[str]:
    """Versions that are said to be released without the decisions that release one."""
    for version in runtime.store.list(ModelVersion):
        if version.project != runtime.project.id or version.state not in _STATES:
            continue
        if runtime.states.apart(runtime.store, version.id):
            yield f"{version.id} is {version.state.value}, but nobody took it out of quarantine"
        ids = [approval.id for approval in runtime.store.list(Approval)]
        for gate in GateName:
            fault = gates.release_fault(runtime, gate, version, ids)
            if fault.startswith("no approval"):
                said = f"{version.id} is {version.state.value}"
                yield f"{said}, but the {gate.value} gate has {fault}"


def _route(runtime: Runtime) -> Iterator[str]:
    """A route that points elsewhere than the last event that moved it."""
    route = runtime.store.get(Route, runtime.project.id)
    if route is None:
        return
    for name in ("production", "canary"):
        id_ = getattr(route, name)
        if id_ and runtime.store.get(ServingManifest, id_) is None:
            yield f"the route's {name} points to manifest {short(id_)}, which is not in the ledger"
    moved = [thing for thing in audited.objects(runtime.store, _MOVES) if _of(thing, route)]
    last = moved[-1] if moved else None
    if last and last.action in _SAYS and last.digest != route.production:
        yield (
            f"the route's production is manifest {short(route.production)}, but the last event "
            f"that moved it ({last.action}) names {short(last.digest)}"
        )


_SAYS = ("route.open", "route.roll_back")
"""Events whose object is the manifest that is in production from then on."""
_MOVES = (*_SAYS, "rollout.promote")


def _of(thing: audited.Audited, route: Route) -> bool:
    return thing.id == route.id or thing.id.startswith(f"{route.id}-rollout-")


def check(runtime: Runtime) -> None:
    """Raise IntegrityProblem with everything that is forged, where something is."""
    found = findings(runtime)
    if found:
        raise IntegrityProblem(
            "ledger_forged",
            f"The ledger holds what nobody signed: {len(found)} "
            f"finding{'s' if len(found) > 1 else ''}, such as: {found[0]}.",
            why="; ".join(found),
            fix="No gate counts it. Keep the database as it is and compare it with a backup.",
        )
