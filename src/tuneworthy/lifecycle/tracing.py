"""From a response to the people who approved it."""

from typing import Any

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.report import TraceStep
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.govern import trace
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.wiring import Runtime


def walk(runtime: Runtime, response_id: str) -> tuple[TraceStep, ...]:
    """Every link from the response back; gaps are said, never left out.

    Raises UsageProblem when no such response is recorded.
    """
    store = runtime.store
    interaction = store.interaction(response_id)
    if interaction is None:
        raise UsageProblem(
            "no_such_response",
            f"No recorded response has the id '{response_id}'.",
            fix="Use the 'id' of a response from the gateway; the log is read in within seconds.",
        )
    manifest = store.get(ServingManifest, interaction.manifest)
    version = store.get(ModelVersion, manifest.version) if manifest else None
    run = store.get(TrainingRun, manifest.training_run) if manifest else None
    dataset = store.get(DatasetVersion, manifest.dataset) if manifest else None
    # Suites of their own files run the base with the trained prompt too: no alternatives to it.
    own = [s for s in store.list(Suite) if not s.file]
    suites = {s.id: s for s in own if dataset and s.dataset == dataset.id}
    judged = [r for r in store.list(EvaluationRun) if r.suite in suites and r.arm.arm == "tuned"]
    wanted = set(manifest.approvals) if manifest else set()
    return trace(
        interaction,
        manifest=manifest,
        version=version,
        run=run,
        dataset=dataset,
        evaluations=judged,
        approvals=[a for a in store.list(Approval) if a.id in wanted],
        people=people.everyone(runtime),
    )


def as_dict(runtime: Runtime, response_id: str) -> dict[str, Any] | None:
    """The same walk as a JSON object for the gateway; None when the response is not known."""
    try:
        steps = walk(runtime, response_id)
    except UsageProblem:
        return None
    return {"id": response_id, "steps": [step.model_dump(mode="json") for step in steps]}
