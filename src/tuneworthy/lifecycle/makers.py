"""Who made what a gate decides on, and so cannot decide on it."""

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.labelling import LabelledFile
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.lifecycle import policies
from tuneworthy.lifecycle.wiring import Runtime


def submitter(runtime: Runtime, gate: GateName) -> str:
    """Who submitted the training run; empty for the gates that decide on data."""
    if gate in (GateName.START, GateName.BUILD):
        return ""
    run = runtime.store.get(TrainingRun, runtime.head.training_run)
    return run.submitted_by if run else ""


def labellers(runtime: Runtime, gate: GateName) -> set[str]:
    """Who labelled rows of the current dataset version, where a review lead decides."""
    if Role.REVIEW_LEAD not in policies.in_force(runtime).roles(gate):
        return set()
    data = runtime.store.get(DatasetVersion, runtime.head.dataset)
    used = set(data.source_digests.values()) if data else set[str]()
    files = runtime.store.list(LabelledFile) if used else []
    return {person for one in files if one.id in used for person in one.annotators}
