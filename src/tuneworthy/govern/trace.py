"""From one response back to the people who approved it; what is not known says so."""

from collections.abc import Mapping, Sequence
from typing import Literal

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.report import TraceStep
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import Interaction, ServingManifest
from tuneworthy.govern.approval import signature_fault
from tuneworthy.govern.traced import Behind
from tuneworthy.methods.canonical import digest, short

Status = Literal["verified", "recorded", "unknown", "broken"]


def trace(behind: Behind) -> tuple[TraceStep, ...]:
    """Every link of a response's walk back.

    ``verified`` was checked here, ``recorded`` is what the store says. A bare base
    model has no training, data or approvals, and its walk ends there.
    """
    interaction, manifest, version = behind.interaction, behind.manifest, behind.version
    steps = [_response(interaction), _manifest(interaction, manifest)]
    if manifest is not None and not manifest.adapter:
        return (*steps, _step("model version", "bare base model, not tuned", "recorded"))
    return (
        *steps,
        _version(manifest, version),
        *_digests(manifest),
        _run(manifest, version, behind.run),
        _dataset(manifest, behind.dataset),
        *_suites(behind.evaluations),
        *_approvals(manifest, behind.approvals, {one.id: one for one in behind.people}),
    )


def manifest_digest(manifest: ServingManifest) -> str:
    """Digest of what a manifest says, without its id and its time stamp."""
    return digest(manifest.model_dump(mode="json", exclude={"id", "created_at"}))


def _response(interaction: Interaction) -> TraceStep:
    generation = f" in generation {interaction.generation}" if interaction.generation else ""
    value = (
        f"{interaction.id} at {interaction.created_at}, route {interaction.route}{generation}, "
        f"{interaction.arm}"
    )
    return _step("response", value, "recorded")


def _manifest(interaction: Interaction, manifest: ServingManifest | None) -> TraceStep:
    if manifest is None:
        value = f"{short(interaction.manifest)}: not in the store" if interaction.manifest else ""
        return _step("serving manifest", value, "unknown")
    wrong = manifest_digest(manifest) != manifest.id
    other = interaction.manifest != manifest.id
    if wrong or other:
        why = "content is not what its digest says" if wrong else "not the one in the response"
        return _step("serving manifest", f"{short(manifest.id)}: {why}", "broken")
    return _step("serving manifest", short(manifest.id), "verified")


def _version(manifest: ServingManifest | None, version: ModelVersion | None) -> TraceStep:
    if manifest is None or version is None:
        return _step("model version", manifest.version if manifest else "", "unknown")
    fields = ("base", "adapter", "tokenizer", "template", "dataset", "training_run")
    other = [name for name in fields if getattr(manifest, name) != getattr(version, name)]
    if other or manifest.version != version.id:
        why = ", ".join(other) or "id"
        return _step("model version", f"{version.id}: differs in {why}", "broken")
    return _step("model version", f"{version.id}, now {version.state.value}", "verified")


def _digests(manifest: ServingManifest | None) -> list[TraceStep]:
    names = ("base", "adapter", "tokenizer", "template")
    values = {name: getattr(manifest, name, "") for name in names}
    return [
        _step(name, short(value), "recorded" if value else "unknown")
        for name, value in values.items()
    ]


def _run(
    manifest: ServingManifest | None, version: ModelVersion | None, run: TrainingRun | None
) -> TraceStep:
    if manifest is None or run is None:
        return _step("training run", manifest.training_run if manifest else "", "unknown")
    fits = run.id == manifest.training_run and run.adapter == manifest.adapter
    if not fits or (version is not None and version.training_run != run.id):
        return _step("training run", f"{short(run.id)}: did not make this adapter", "broken")
    return _step("training run", f"{short(run.id)} by {run.submitted_by}", "verified")


def _dataset(manifest: ServingManifest | None, dataset: DatasetVersion | None) -> TraceStep:
    if manifest is None or dataset is None:
        return _step("dataset", short(manifest.dataset) if manifest else "", "unknown")
    if dataset.id != manifest.dataset:
        return _step("dataset", f"{short(dataset.id)}: not the one trained on", "broken")
    sources = ", ".join(sorted(dataset.source_digests)) or "no source named"
    return _step(
        "dataset", f"{short(dataset.id)}, {dataset.rows_out} rows of {sources}", "verified"
    )


def _suites(runs: Sequence[EvaluationRun]) -> list[TraceStep]:
    if not runs:
        return [_step("evaluation", "", "unknown")]
    return [
        _step("evaluation", f"suite {short(run.suite)}: {run.score}", "recorded") for run in runs
    ]


def _approvals(
    manifest: ServingManifest | None, approvals: Sequence[Approval], people: Mapping[str, Person]
) -> list[TraceStep]:
    named = set(manifest.approvals) if manifest else set()
    steps = []
    for gate in GateName:
        given = [a for a in approvals if a.gate == gate and a.id in named]
        if not given:
            steps.append(_step(f"{gate.value} gate", "", "unknown"))
        for approval in given:
            fault = signature_fault(approval, people)
            value = (
                f"{approval.decision} by {approval.person} as "
                f"{approval.role.value.replace('_', ' ')}, {approval.created_at}"
            )
            steps.append(
                _step(
                    f"{gate.value} gate",
                    f"{value}: {fault}" if fault else value,
                    "broken" if fault else "verified",
                )
            )
    absent = named - {a.id for a in approvals}
    steps.extend(
        _step("approval", f"{short(id_)}: not in the store", "unknown") for id_ in sorted(absent)
    )
    return steps


def _step(label: str, value: str, status: Status) -> TraceStep:
    return TraceStep(label=label, value=value or "unknown", status=status)
