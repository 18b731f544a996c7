"""The bill of materials of a tuned model: CycloneDX 1.6 (ECMA-424) with a model card."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.run import Comparison, EvaluationRun, TrainingRun
from tuneworthy.core.version import VERSION

_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def ml_bom(
    project: Project,
    version: ModelVersion,
    run: TrainingRun,
    dataset: DatasetVersion,
    judged: Sequence[EvaluationRun],
    comparisons: Sequence[Comparison],
) -> dict[str, Any]:
    """The bill of one model version; the same version and results give the same bill.

    Digests of folders are digests of their table of files, so they stand as properties and not
    as ``hashes``, which CycloneDX has for files.
    """
    packages = [
        _library(name, at) for name, at in sorted(run.manifest.environment.packages.items())
    ]
    model, base, data = f"model:{version.id}", f"base:{version.base}", f"dataset:{dataset.id}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid5(_SPACE, f"tuneworthy:{version.id}:{version.adapter}").urn,
        "version": 1,
        "metadata": {
            "timestamp": version.created_at,
            "tools": {
                "components": [{"type": "application", "name": "tuneworthy", "version": VERSION}]
            },
            "component": {
                "type": "machine-learning-model",
                "bom-ref": model,
                "name": version.id,
                "version": version.id.rpartition("-")[2],
                "description": f"LoRA adapter for: {project.use_case}",
                "properties": _properties(
                    adapter=version.adapter,
                    tokenizer=version.tokenizer,
                    template=version.template,
                    prompt=version.prompt,
                    training_run=run.id,
                    flop=f"{run.actual.flop:.6g}",
                    tokens=str(run.actual.tokens),
                    submitted_by=run.submitted_by,
                ),
                "modelCard": _card(project, data, judged, comparisons),
            },
        },
        "components": [
            {
                "type": "machine-learning-model",
                "bom-ref": base,
                "name": project.base_model,
                **_supplied(project),
                "properties": _properties(base=version.base),
            },
            _data(project, dataset, data),
            *packages,
        ],
        "dependencies": [
            {"ref": model, "dependsOn": sorted([base, data, *(p["bom-ref"] for p in packages)])}
        ],
    }


def _supplied(project: Project) -> dict[str, Any]:
    """Whose the base model is; what the project does not say has no field."""
    said = project.supplier
    stated: dict[str, Any] = {}
    if said.name:
        stated["supplier"] = {"name": said.name}
    if said.licence:
        stated["licenses"] = [{"license": {"name": said.licence}}]
    if said.url:
        stated["externalReferences"] = [{"type": "distribution", "url": said.url}]
    return stated


def _card(
    project: Project,
    data: str,
    judged: Sequence[EvaluationRun],
    comparisons: Sequence[Comparison],
) -> dict[str, Any]:
    metrics = [
        _metric(f"{project.metric} on suite {run.suite[:19]}", run.score.model_dump())
        for run in judged
    ] + [
        _metric(f"gain over {one.against_name} ({one.verdict})", one.delta.model_dump())
        for one in comparisons
    ]
    return {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": project.goal,
            "datasets": [{"ref": data}],
            "inputs": [{"format": "text"}],
            "outputs": [{"format": "text"}],
        },
        "quantitativeAnalysis": {"performanceMetrics": metrics},
        "considerations": {
            "useCases": [project.use_case],
            "technicalLimitations": [
                "Scores are over held-out cases of the same source; they say nothing of others."
            ],
        },
    }


def _metric(kind: str, score: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "value": f"{score['value']:.6g}",
        "confidenceInterval": {
            "lowerBound": f"{score['low']:.6g}",
            "upperBound": f"{score['high']:.6g}",
        },
    }


def _data(project: Project, dataset: DatasetVersion, ref: str) -> dict[str, Any]:
    licences = sorted({source.licence for source in project.sources if source.licence})
    return {
        "type": "data",
        "bom-ref": ref,
        "name": f"dataset of {project.id}",
        "version": dataset.id,
        "licenses": [{"license": {"name": name}} for name in licences],
        "data": [
            {
                "type": "dataset",
                "name": path,
                "contents": {"properties": _properties(sha256=sha256)},
            }
            for path, sha256 in sorted(dataset.source_digests.items())
        ],
        "properties": _properties(rows=str(dataset.rows_out), version=dataset.id),
    }


def _library(name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{quote(name.lower())}@{quote(version)}"
    found = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return dict(found)


def _properties(**facts: str) -> list[dict[str, str]]:
    return [{"name": f"tuneworthy:{name}", "value": value} for name, value in facts.items()]
