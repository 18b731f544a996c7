"""How the data came about, in the words of Croissant RAI 1.0 (mlcommons.org/croissant/RAI/1.0).

Only what is on record is said. What nobody recorded, such as who the annotators are, has no field.
"""

from collections.abc import Mapping
from typing import Any

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.project import Project

CONFORMS = "http://mlcommons.org/croissant/RAI/1.0"


def rai(project: Project, version: DatasetVersion, labelling: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, each a text or a list of texts.

    Args:
        project: Names the use case, the sources and how long data are kept.
        version: What was read, left out, divided and scanned.
        labelling: The facts of ``data.agreement`` on this version; empty where people labelled
            nothing of it here.
    """
    return {
        "rai:dataCollection": _collected(project, version),
        "rai:dataPreprocessingProtocol": _prepared(version),
        **_annotated(labelling),
        "rai:personalSensitiveInformation": _personal(version),
        "rai:dataLimitations": _limits(version),
        "rai:dataBiases": _biases(version),
        "rai:dataUseCases": f"Tuning a language model to: {project.use_case}",
        "rai:dataReleaseMaintenancePlan": (
            "A version is never changed; a change makes a new one. It is deleted "
            f"{project.retention.datasets} days after its last model was retired, unless held."
        ),
    }


def _collected(project: Project, version: DatasetVersion) -> str:
    said = []
    for source in project.sources:
        digest = version.source_digests.get(source.path)
        if digest is not None:
            licence = source.licence or "not stated"
            basis = source.legal_basis or "not stated"
            said.append(
                f"Read from {source.path} ({digest}). Licence: {licence}. Legal basis: {basis}."
            )
    return " ".join([*said, f"{version.rows_in} rows were read."])


def _prepared(version: DatasetVersion) -> list[str]:
    split = version.split
    return [
        *(f"Left out, {reason}: {rows} rows." for reason, rows in sorted(version.dropped.items())),
        f"{version.rows_out} rows were kept and divided by {split.by} with seed {split.seed}: "
        + ", ".join(f"{name} {size}" for name, size in split.sizes.items())
        + ".",
        *(
            [f"{len(version.canaries)} made-up rows were planted into the training part."]
            if version.canaries
            else []
        ),
    ]


def _annotated(labelling: Mapping[str, Any]) -> dict[str, Any]:
    if not labelling:
        return {}
    guides = ", ".join(str(guide) for guide in labelling["guides"])
    return {
        "rai:dataAnnotationProtocol": (
            f"{len(labelling['annotators'])} people labelled by the written guide ({guides}); "
            f"{labelling['items']} items were labelled by two or more of them."
        ),
        "rai:dataAnnotationPlatform": [f"tuneworthy label queue {q}" for q in labelling["queues"]],
        "rai:dataAnnotationAnalysis": (
            f"Krippendorff's alpha {labelling['alpha']:.3f}, no lower than "
            f"{labelling['alpha_low']:.3f} with 95 % confidence."
        ),
    }


def _personal(version: DatasetVersion) -> list[str]:
    pii = version.pii
    return [
        f"{pii.scanned} rows were scanned ({pii.detector_version}).",
        *(f"Found, {kind}: {count}." for kind, count in sorted(pii.counts.items())),
        f"Findings that block training and are left: {pii.unresolved_high}.",
        "The scan knows data with a form of its own, not names and places.",
    ]


def _limits(version: DatasetVersion) -> list[str]:
    worst = [found for found in version.findings if found.severity != "info"]
    said = [f"{found.message} ({found.count} rows)" for found in worst]
    return said or ["No check spoke against it."]


def _biases(version: DatasetVersion) -> list[str]:
    odd = [one for one in version.split.make_up if one.p_value < 0.05]
    said = [
        f"The {one.part} part is unlike the rest by {one.trait}: {one.distance:.1%} of its rows "
        f"would have to be of another kind (p {one.p_value:.2g}, Holm)."
        for one in odd
    ]
    shares = [f"Segment {name}: {rows} rows." for name, rows in version.profile.segments.items()]
    return [*said, *shares] or ["No segment is named, so none was compared."]
