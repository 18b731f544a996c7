"""The end of a model version: a person says that it will never answer again."""

from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.govern import Action, Matter, advance, version_digest
from tuneworthy.lifecycle import access, aliases
from tuneworthy.lifecycle.wiring import Runtime


def retire(runtime: Runtime, name: str, reason: str) -> ModelVersion:
    """Retire a version that was superseded, rolled back or quarantined; there is no way back.

    From this day its dataset and its weights are kept for their class's days.

    Raises:
        ConfigProblem: There is no such version.
        UsageProblem: No reason is given, or nobody is named.
        BlockedProblem: The route still needs it, its state does not lead there, or this person may
            not.
        ConflictProblem: Somebody else was first.
    """
    if not reason.strip():
        raise UsageProblem("no_reason", "To retire a version needs a reason.", fix="--reason '...'")
    generation = runtime.store.generation(Route, runtime.project.id)
    version = aliases.resolve(runtime, name)
    written = runtime.store.generation(ModelVersion, version.id)
    version = runtime.store.get(ModelVersion, version.id) or version
    access.require(
        runtime, access.caller(runtime), Action.RETIRE, Matter(state=version.state),
        fix="tuneworthy serve status",
    )  # fmt: skip
    route = runtime.store.get(Route, runtime.project.id)
    if route is not None:
        _require_free(runtime, route, version)
    retired = advance(version, ModelState.RETIRED, ())
    what = ("model_version", version.id, version_digest(version))
    facts = {"before": version.state.value, "after": retired.state.value, "reason": reason}
    with runtime.change("version.retire", what, **facts) as change:
        change.put(retired, expect=written)
        if route is not None:
            # Written as it was, so that nobody makes the version a rollback's target meanwhile.
            change.put(route, expect=generation)
    return retired


def _require_free(runtime: Runtime, route: Route, version: ModelVersion) -> None:
    """Raise BlockedProblem while the route points to the version."""
    uses = {
        "in production": route.production,
        "the canary": route.canary,
        "what a rollback puts back": route.previous,
    }
    for use, manifest_id in uses.items():
        manifest = runtime.store.get(ServingManifest, manifest_id)
        if manifest is not None and manifest.version == version.id:
            raise BlockedProblem(
                "still_serving",
                f"{version.id} cannot be retired: it is {use} on '{route.id}'.",
                fix="Promote or roll back first, or take it out: tuneworthy serve quarantine "
                f"{version.id} --reason '...'",
            )
