"""All that stands behind a response, gathered, and the same as typed facts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import Interaction, ServingManifest
from tuneworthy.core.nouns.traced import (
    TracedApproval,
    TracedDataset,
    TracedEvaluation,
    TracedFacts,
    TracedSource,
)
from tuneworthy.govern.approval import signature_fault


@dataclass(frozen=True, slots=True)
class Behind:
    """A response and what the ledger holds of everything behind it; None where it holds nothing."""

    interaction: Interaction
    manifest: ServingManifest | None
    version: ModelVersion | None
    run: TrainingRun | None
    dataset: DatasetVersion | None
    evaluations: Sequence[EvaluationRun]
    approvals: Sequence[Approval]
    people: Sequence[Person]


def facts(behind: Behind) -> TracedFacts:
    """Every fact under its name."""
    one, manifest, version, run = behind.interaction, behind.manifest, behind.version, behind.run
    return TracedFacts(
        id=one.id,
        created_at=one.created_at,
        route=one.route,
        generation=one.generation or None,
        arm=one.arm,
        manifest=one.manifest or None,
        version=manifest.version if manifest else None,
        state=version.state.value if version else None,
        base=manifest.base if manifest else None,
        adapter=manifest.adapter if manifest else None,
        tokenizer=manifest.tokenizer if manifest else None,
        template=manifest.template if manifest else None,
        training_run=manifest.training_run or None if manifest else None,
        submitted_by=run.submitted_by if run else None,
        dataset=_dataset(behind.dataset),
        evaluations=tuple(
            TracedEvaluation(suite=r.suite, run=r.id, score=r.score, created_at=r.created_at)
            for r in behind.evaluations
        ),
        approvals=_approvals(behind),
    )


def _dataset(dataset: DatasetVersion | None) -> TracedDataset | None:
    if dataset is None:
        return None
    sources = tuple(
        TracedSource(name=name, digest=digest)
        for name, digest in sorted(dataset.source_digests.items())
    )
    return TracedDataset(id=dataset.id, rows=dataset.rows_out, sources=sources)


def _approvals(behind: Behind) -> tuple[TracedApproval, ...]:
    held = {approval.id: approval for approval in behind.approvals}
    people = {person.id: person for person in behind.people}
    return tuple(
        TracedApproval(id=id_, signature="unknown")
        if (approval := held.get(id_)) is None
        else TracedApproval(
            id=id_,
            gate=approval.gate.value,
            person=approval.person,
            role=approval.role.value,
            decision=approval.decision,
            created_at=approval.created_at,
            signature="broken" if signature_fault(approval, people) else "verified",
        )
        for id_ in (behind.manifest.approvals if behind.manifest else ())
    )
