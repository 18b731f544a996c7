"""Who made what a gate decides on, and so cannot decide on it."""

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.labelling import LabelledFile
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import policies
from tuneworthy.lifecycle.wiring import Runtime


def submitter(runtime: Runtime, gate: GateName) -> str:
    """Who submitted the training run; empty for the gates that decide on data.

    The audit chain says it, of the adapter that the gate decides on. What the rows of the run and
    of the project say is believed only where no event names that adapter.
    """
    if gate in (GateName.START, GateName.BUILD):
        return ""
    head = runtime.head
    return trainer(runtime, _adapter(runtime, head.model), head.training_run)


def trainer(runtime: Runtime, adapter: str, run: str) -> str:
    """Who submitted the run that an adapter is from, by the audit chain first; empty if nobody."""
    runs = runtime.states.trained(runtime.store, adapter)
    if runs:
        return runs.get(run) or list(runs.values())[-1]
    kept = runtime.store.get(TrainingRun, run)
    return kept.submitted_by if kept else ""


def _adapter(runtime: Runtime, model: str) -> str:
    """The adapter of the version with this digest, which covers it; empty when there is none."""
    versions = runtime.store.list(ModelVersion) if model else []
    return next((v.adapter for v in versions if version_digest(v) == model), "")


def labellers(runtime: Runtime, gate: GateName) -> set[str]:
    """Who labelled rows of the current dataset version, where a review lead decides."""
    if Role.REVIEW_LEAD not in policies.in_force(runtime).roles(gate):
        return set()
    data = runtime.store.get(DatasetVersion, runtime.head.dataset)
    used = set(data.source_digests.values()) if data else set[str]()
    files = runtime.store.list(LabelledFile) if used else []
    return {person for one in files if one.id in used for person in one.annotators}
