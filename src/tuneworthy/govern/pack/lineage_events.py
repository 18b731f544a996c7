"""Lineage as OpenLineage run events (openlineage.io/spec/2-0-2), one for each finished step."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.version import VERSION

PRODUCER = f"https://tuneworthy.dev/{VERSION}"
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""The namespace of URLs (RFC 9562): a run's id is made from its own, so it is always the same."""


def lineage_events(
    project: str,
    datasets: Sequence[DatasetVersion],
    trainings: Sequence[TrainingRun],
    versions: Sequence[ModelVersion],
    evaluations: Sequence[EvaluationRun],
) -> list[dict[str, Any]]:
    """COMPLETE events of data builds, trainings and evaluations, oldest first."""
    adapters = {version.training_run: version.id for version in versions}
    events = [
        *(_event(project, "data build", d.id, d.created_at, d.source_digests, [d.id])
          for d in datasets),
        *(
            _event(project, "train", run.id, run.created_at,
                   {"dataset": run.manifest.dataset, "base": run.manifest.base},
                   [adapters.get(run.id, run.adapter)])
            for run in trainings
        ),
        *(
            _event(project, f"evaluate {run.arm.id}", run.id, run.created_at,
                   {"suite": run.suite, "model": run.model}, [run.id])
            for run in evaluations
        ),
    ]  # fmt: skip
    return sorted(events, key=lambda event: (event["eventTime"], event["run"]["runId"]))


def _event(
    project: str, job: str, id_: str, at: str, inputs: dict[str, str], outputs: Sequence[str]
) -> dict[str, Any]:
    space = f"tuneworthy:{project}"
    return {
        "eventType": "COMPLETE",
        "eventTime": at,
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
        "run": {"runId": str(uuid5(_SPACE, f"{space}/{job}/{id_}"))},
        "job": {"namespace": space, "name": job},
        "inputs": [_dataset(space, name, sha256) for name, sha256 in sorted(inputs.items())],
        "outputs": [{"namespace": space, "name": name} for name in outputs],
    }


def _dataset(space: str, name: str, sha256: str) -> dict[str, Any]:
    return {
        "namespace": space,
        "name": name,
        "facets": {
            "version": {
                "_producer": PRODUCER,
                "_schemaURL": "https://openlineage.io/spec/facets/1-0-1/"
                "DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
                "datasetVersion": sha256,
            }
        },
    }
