"""From a response to the people who approved it."""

import json
from typing import Any

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.report import TraceStep
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.core.nouns.traced import AuditProof, TracedFacts
from tuneworthy.govern import Behind, trace, traced_facts
from tuneworthy.lifecycle import audit_proofs, checkpoints, people
from tuneworthy.lifecycle.evaluation import weights
from tuneworthy.lifecycle.wiring import Runtime


def walk(runtime: Runtime, response_id: str) -> tuple[TraceStep, ...]:
    """Every link from the response back; gaps are said, never left out.

    Raises UsageProblem when no such response of this project is recorded.
    """
    return trace(_behind(runtime, response_id))


def as_dict(runtime: Runtime, response_id: str, *, proofs: bool = False) -> dict[str, Any] | None:
    """The same walk as a JSON object for the gateway; None when the response is not known."""
    try:
        behind = _behind(runtime, response_id)
    except UsageProblem:
        return None
    found = traced_facts(behind)
    told: dict[str, Any] = {
        "id": response_id,
        "steps": [step.model_dump(mode="json") for step in trace(behind)],
        "facts": found.model_dump(mode="json"),
    }
    if proofs:
        told["proofs"] = [one.model_dump(mode="json") for one in _proofs(runtime, found)]
    return told


def _behind(runtime: Runtime, response_id: str) -> Behind:
    store = runtime.store
    interaction = store.interaction(response_id)
    if interaction is None or interaction.route != runtime.project.id:
        raise UsageProblem(
            "no_such_response",
            f"No recorded response has the id '{response_id}'.",
            fix="Use the 'id' of a response from the gateway; the log is read in within seconds.",
        )
    manifest = store.get(ServingManifest, interaction.manifest)
    version = store.get(ModelVersion, manifest.version) if manifest else None
    judged = weights(version) if version and version.adapter else ""
    wanted = set(manifest.approvals) if manifest else set()
    return Behind(
        interaction,
        manifest=manifest,
        version=version,
        run=store.get(TrainingRun, manifest.training_run) if manifest else None,
        dataset=store.get(DatasetVersion, manifest.dataset) if manifest else None,
        # Whatever was judged on a suite, only the model that answered says anything of its answer.
        evaluations=[
            run
            for run in store.list(EvaluationRun)
            if judged and run.model == judged and run.project == runtime.project.id
        ],
        approvals=[a for a in store.list(Approval) if a.id in wanted],
        people=people.everyone(runtime),
    )


def _proofs(runtime: Runtime, found: TracedFacts) -> list[AuditProof]:
    """That the events of all that is named are in the log of the newest checkpoint.

    Empty while nothing is signed; what came after the newest checkpoint has no proof yet.
    """
    made = checkpoints.newest(runtime)
    if made is None:
        return []
    named = {found.manifest, found.training_run, *(one.id for one in found.approvals)}
    named |= {found.dataset.id} if found.dataset else set()
    named -= {None}
    words = [str(name).encode() for name in named]
    bodies = [record.body for record in runtime.store.audit() if record.seq <= made.size]
    about = [
        seq
        for seq, body in enumerate(bodies, 1)
        if any(word in body for word in words) and _object(body) in named
    ]
    return audit_proofs.proofs(runtime, made, bodies, about)


def _object(body: bytes) -> str:
    """The id of what an event is about; empty for a damaged event."""
    try:
        return str(json.loads(body)["object"]["id"])
    except (ValueError, KeyError, TypeError):
        return ""  # for `audit verify` to name
