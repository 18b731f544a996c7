"""Manifests, routes and permits: what the gateway may serve, computed from the ledger."""

from collections.abc import Mapping

from tuneworthy.core.errors import BlockedProblem, ConfigProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.core.nouns.serving_state import ServingPermit, ServingState
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate import label_list
from tuneworthy.govern import manifest_digest, version_digest
from tuneworthy.lifecycle import ceiling, datasets, gates, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short
from tuneworthy.methods.lines import load_lines

_SHARED = ("base", "adapter", "tokenizer", "template", "dataset", "training_run")
"""What a manifest repeats of its version."""

OUT_OF_USE = (ModelState.QUARANTINED, ModelState.RETIRED)
"""States in which a version answers nobody."""


def base_manifest(runtime: Runtime) -> ServingManifest:
    """The bare base model with its best prompt: what answers before, and after a rollback."""
    model = runtime.base_identity
    facts = {
        "route": runtime.project.id,
        "version": "base",
        "base": model.base,
        "adapter": "",
        "tokenizer": model.tokenizer,
        "template": model.template,
        "dataset": "",
        "training_run": "",
        "approvals": (),
    }
    return _kept(runtime, facts)


def version_manifest(runtime: Runtime, version: ModelVersion) -> ServingManifest:
    """The manifest of a version with the approvals of its four open gates.

    Raises BlockedProblem when a gate is shut.
    """
    open_states = [gates.require(runtime, gate) for gate in GateName]
    approvals = sorted(id_ for state in open_states for id_ in gates.counted(runtime, state))
    facts = {
        "route": runtime.project.id,
        "version": version.id,
        "base": version.base,
        "adapter": version.adapter,
        "tokenizer": version.tokenizer,
        "template": version.template,
        "dataset": version.dataset,
        "training_run": version.training_run,
        "approvals": tuple(approvals),
    }
    return _kept(runtime, facts)


def _kept(runtime: Runtime, facts: Mapping[str, object]) -> ServingManifest:
    id_ = digest(facts)
    known = runtime.store.get(ServingManifest, id_)
    if known is not None:
        return known
    manifest = ServingManifest.model_validate({"id": id_, "created_at": runtime.now(), **facts})
    with runtime.change("manifest.create", ("serving_manifest", id_, id_)) as change:
        change.put(manifest)
    return manifest


def open_route(runtime: Runtime) -> Route:
    """The project's route; made with the base model in production when there is none yet."""
    route = runtime.store.get(Route, runtime.project.id)
    if route is not None:
        return route
    manifest = base_manifest(runtime)
    route = Route(id=runtime.project.id, production=manifest.id, salt=digest(manifest.id)[-16:])
    with runtime.change("route.open", ("route", route.id, manifest.id)) as change:
        change.put(route, expect=0)
    return route


def state(runtime: Runtime) -> ServingState:
    """Everything the gateway needs, with a permit for each manifest in use."""
    versions = runtime.store.list(ModelVersion)
    apart = tuple(
        v.id
        for v in versions
        if v.state is ModelState.QUARANTINED and v.project == runtime.project.id
    )
    route, generation = _counted_route(runtime)
    if route is None:
        return ServingState(routes=(), manifests=(), permits={}, prompts={}, quarantined=apart)
    used = [m for m in (route.production, route.canary) if m]
    manifests = [_manifest(runtime, id_) for id_ in used]
    return ServingState(
        routes=(route,),
        manifests=tuple(manifests),
        permits={m.id: permit(runtime, m) for m in manifests},
        prompts={m.id: prompt(runtime, m) for m in manifests},
        quarantined=apart,
        generations={route.id: generation},
    )


def _counted_route(runtime: Runtime) -> tuple[Route | None, int]:
    """The route with its own generation, also while somebody moves it."""
    while True:
        generation = runtime.store.generation(Route, runtime.project.id)
        route = runtime.store.get(Route, runtime.project.id)
        if runtime.store.generation(Route, runtime.project.id) == generation:
            return route, generation


def permit(runtime: Runtime, manifest: ServingManifest) -> ServingPermit:
    """Whether a manifest may take traffic: a bare base may, a version needs its four gates."""
    if manifest_digest(manifest) != manifest.id:
        return ServingPermit(
            ok=False, message=f"Manifest {short(manifest.id)} is not what its digest says."
        )
    if not manifest.adapter:
        return ServingPermit(ok=True)
    if not runtime.states.as_written(runtime.store, Route, runtime.project.id):
        return ServingPermit(
            ok=False,
            message="The route is not what was recorded: it was changed past this program.",
            fix="tuneworthy audit verify, then: tuneworthy serve rollback --reason '...'",
        )
    version = runtime.store.get(ModelVersion, manifest.version)
    if version is None or _differs(manifest, version):
        return ServingPermit(
            ok=False, message=f"{manifest.version} is not what this manifest names."
        )
    return _fault_of_use(runtime, version) or _permit_of_gates(runtime, manifest, version)


def _fault_of_use(runtime: Runtime, version: ModelVersion) -> ServingPermit | None:
    """Why a version answers nobody, whatever its gates say; None where nothing is in its way."""
    if fault := _out_of_use(runtime, version):
        return ServingPermit(ok=False, message=fault)
    if not runtime.blobs.intact(version.adapter, tree=True):
        return ServingPermit(
            ok=False,
            damaged=True,
            message=f"The weights of {version.id} are not those that were approved.",
            fix="Put back a backup of the kept bytes, or: tuneworthy serve rollback",
        )
    if training.arm_of(runtime, version) is None:
        return ServingPermit(
            ok=False,
            message=f"The prompt that {version.id} was approved with is not here.",
            fix=f"Put it back into {runtime.project.prompts}, or: tuneworthy serve rollback",
        )
    return None


def _permit_of_gates(
    runtime: Runtime, manifest: ServingManifest, version: ModelVersion
) -> ServingPermit:
    """The newest version needs open gates, an earlier one those that it was released with."""
    if runtime.head.model != version_digest(version):
        return _permit_of_past(runtime, manifest, version)
    for gate in GateName:
        found = gates.state(runtime, gate)
        if not found.open:
            return ServingPermit(
                ok=False,
                gate=gate.value,
                message=f"The {gate.value} gate of {manifest.version} is shut.",
                fix=f"tuneworthy gate show {gate.value}",
            )
    return ServingPermit(ok=True)


def _out_of_use(runtime: Runtime, version: ModelVersion) -> str:
    """Why nothing opens the way for a version, in words; the audit chain is asked as well."""
    if version.state in OUT_OF_USE:
        return f"{version.id} is {version.state.value}."
    if runtime.states.apart(runtime.store, version.id):
        return f"{version.id} is in quarantine: its row was changed past this program."
    if runtime.states.retired(runtime.store, version.id):
        return f"{version.id} was retired, and nothing undoes that."
    return ""


def _differs(manifest: ServingManifest, version: ModelVersion) -> bool:
    return any(getattr(manifest, name) != getattr(version, name) for name in _SHARED)


def _permit_of_past(
    runtime: Runtime, manifest: ServingManifest, version: ModelVersion
) -> ServingPermit:
    """A version that is no longer the project's newest keeps the approvals it was released with.

    They must still be genuine, whole, in force and not taken back; only the evidence bundle is
    that of its release.
    """
    for gate in GateName:
        if fault := gates.release_fault(runtime, gate, version, manifest.approvals):
            return ServingPermit(
                ok=False,
                gate=gate.value,
                message=f"The {gate.value} gate of {manifest.version} is shut: {fault}.",
                fix="tuneworthy serve rollback --reason '...'",
            )
    return ServingPermit(ok=True)


def prompt(runtime: Runtime, manifest: ServingManifest) -> Arm:
    """The prompt a manifest's model is asked with, its list of labels filled in.

    That is the one the version was trained with, or the best prompt of the base.
    """
    arm = _arm(runtime, manifest)
    labels = label_list(trained_on(runtime, manifest))
    filled = {"system": arm.system, "user": arm.user, "prefill": arm.prefill}
    return arm.model_copy(
        update={name: text.replace("{labels}", labels) for name, text in filled.items()}
    )


def trained_on(runtime: Runtime, manifest: ServingManifest) -> list[Example]:
    """The training rows of a manifest's own dataset; for the bare base the current ones."""
    data = runtime.store.get(DatasetVersion, manifest.dataset)
    if data is None:
        return datasets.examples(runtime, "train")
    return load_lines(Example, runtime.blobs.get(data.records["train"]))


def _arm(runtime: Runtime, manifest: ServingManifest) -> Arm:
    if manifest.adapter:
        version = runtime.store.get(ModelVersion, manifest.version)
        return (training.arm_of(runtime, version) if version else None) or runtime.tuned_arm
    runs = [
        run
        for run in ceiling.alternatives(runtime)
        if run.arm.arm == "zero_shot" and run.model == manifest.base
    ]
    if runs:
        return runs[0].arm
    zero_shot = [arm for arm in runtime.arms if arm.arm == "zero_shot"]
    return zero_shot[0] if zero_shot else runtime.tuned_arm


def _manifest(runtime: Runtime, id_: str) -> ServingManifest:
    manifest = runtime.store.get(ServingManifest, id_)
    if manifest is None:
        raise BlockedProblem(
            "no_manifest",
            f"The route points to serving manifest {id_}, which is not in the store.",
            fix="tuneworthy serve rollback",
        )
    return manifest


def route_of(runtime: Runtime) -> Route:
    """The project's route. Raises ConfigProblem when nothing has been served yet."""
    route = runtime.store.get(Route, runtime.project.id)
    if route is None:
        raise ConfigProblem(
            "no_route",
            f"Nothing has been served for '{runtime.project.id}' yet.",
            fix="tuneworthy serve start",
        )
    return route
