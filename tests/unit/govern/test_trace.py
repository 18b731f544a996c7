from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.dataset import DatasetVersion, PiiReport, Profile, SplitReport
from tuneworthy.core.nouns.gate import Bundle, GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.run import (
    Cost,
    Environment,
    EvaluationRun,
    RunManifest,
    TrainingRun,
    TrainSettings,
)
from tuneworthy.core.nouns.serving import Interaction, ServingManifest
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.govern import Behind, load_policy, make_approval, manifest_digest, trace
from tuneworthy.methods.signing import generate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PEM, PUBLIC = generate()
ANN = Person(id="ann", name="Ann", roles=(Role.MODEL_OWNER,), public_key=PUBLIC)
COST = Cost(cpu_seconds=1, wall_seconds=1, peak_memory_mb=1, tokens=1, flop=1, steps=1)


def approval(gate: Any) -> Any:
    return make_approval(
        Bundle(gate=gate, project="p", subject="s", evidence={}),
        role=Role.MODEL_OWNER,
        person="ann",
        decision="approve",
        reason="good",
        created_at=NOW.isoformat(),
        expires_at=(NOW + timedelta(days=90)).isoformat(),
        policy=load_policy(),
        private_pem=PEM,
    )


APPROVALS = [approval(gate) for gate in GateName]
VERSION = ModelVersion(
    id="p-1",
    project="p",
    state=ModelState.PRODUCTION,
    base="sha256:b",
    base_path="embedded",
    adapter="sha256:a",
    tokenizer="sha256:t",
    template="sha256:c",
    prompt="sha256:p",
    dataset="sha256:d",
    training_run="run",
    created_at=NOW.isoformat(),
)


def manifest(**changes: Any) -> Any:
    draft = ServingManifest(
        id="",
        route="r",
        version="p-1",
        base="sha256:b",
        adapter="sha256:a",
        tokenizer="sha256:t",
        template="sha256:c",
        dataset="sha256:d",
        training_run="run",
        approvals=tuple(a.id for a in APPROVALS),
        created_at=NOW.isoformat(),
    ).model_copy(update=changes)
    return draft.model_copy(update={"id": manifest_digest(draft)})


MANIFEST = manifest()
RUN = TrainingRun(
    id="run",
    project="p",
    manifest=RunManifest(
        base="sha256:b",
        dataset="sha256:d",
        template="sha256:c",
        tokenizer="sha256:t",
        prompt="sha256:p",
        settings=TrainSettings(),
        environment=Environment(python="3", platform="x", packages={}, threads=1),
    ),
    estimate=COST,
    actual=COST,
    adapter="sha256:a",
    losses=(1.0,),
    label_preview="",
    submitted_by="tess",
    created_at=NOW.isoformat(),
)
DATASET = DatasetVersion(
    id="sha256:d",
    project="p",
    source_digests={"data.csv": "sha256:1"},
    rows_in=2,
    rows_out=2,
    dropped={},
    records={},
    fates="",
    findings=(),
    profile=Profile(
        rows=2,
        characters_median=1,
        characters_p95=1,
        characters_max=1,
        target_characters_median=1,
        distinct_targets=1,
        format_consistency=1,
        diversity=1,
        segments={},
    ),
    pii=PiiReport(scanned=2, detector_version="1", counts={}, unresolved_high=0),
    split=SplitReport(seed=7, by="group", sizes={}, groups=1, leakage_exact=0, leakage_near=0),
    licence_coverage=1,
    legal_basis_coverage=1,
    created_at=NOW.isoformat(),
)
JUDGED = EvaluationRun(
    id="e",
    project="p",
    suite="sha256:s",
    arm=Arm(id="tuned", arm="tuned"),
    model="m",
    score=Interval(value=0.9, low=0.8, high=0.95, n=100),
    valid_share=1,
    results="",
    cpu_seconds=1,
    prompt_tokens=1,
    completion_tokens=1,
    created_at=NOW.isoformat(),
)
SEEN = Interaction(
    id="resp-1",
    route="r",
    manifest=MANIFEST.id,
    arm="production",
    sticky_key="k",
    sticky=True,
    created_at=NOW.isoformat(),
    status=200,
    stream=False,
    seconds=0.1,
    request="{}",
    response="x",
)
WHOLE: dict[str, Any] = {
    "manifest": MANIFEST,
    "version": VERSION,
    "run": RUN,
    "dataset": DATASET,
    "evaluations": [JUDGED],
    "approvals": APPROVALS,
    "people": [ANN],
}


def walk(seen: Any = SEEN, **changes: Any) -> Any:
    behind = Behind(seen, **{**WHOLE, **changes})
    return {step.label: step for step in trace(behind)}


def test_a_whole_walk_reaches_the_people():
    steps = walk()
    assert [label for label, step in steps.items() if step.status == "verified"] == [
        "serving manifest",
        "model version",
        "training run",
        "dataset",
        "start gate",
        "build gate",
        "proof gate",
        "release gate",
    ]
    assert {step.status for step in steps.values()} == {"verified", "recorded"}
    assert "by tess" in steps["training run"].value
    assert "data.csv" in steps["dataset"].value
    assert "approve by ann as model owner" in steps["proof gate"].value


@pytest.mark.parametrize(
    ("missing", "label"),
    [
        ({"manifest": None}, "serving manifest"),
        ({"version": None}, "model version"),
        ({"run": None}, "training run"),
        ({"dataset": None}, "dataset"),
        ({"evaluations": []}, "evaluation"),
        ({"approvals": []}, "release gate"),
        ({"approvals": APPROVALS[1:]}, "approval"),
    ],
)
def test_gaps_are_said(missing, label):
    steps = walk(**missing)
    assert steps[label].status == "unknown"
    assert steps[label].value


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"manifest": MANIFEST.model_copy(update={"adapter": "sha256:x"})}, "serving manifest"),
        ({"manifest": manifest(route="other")}, "serving manifest"),
        ({"version": VERSION.model_copy(update={"adapter": "sha256:x"})}, "model version"),
        ({"version": VERSION.model_copy(update={"id": "p-2"})}, "model version"),
        ({"run": RUN.model_copy(update={"adapter": "sha256:x"})}, "training run"),
        ({"dataset": DATASET.model_copy(update={"id": "sha256:x"})}, "dataset"),
        ({"people": []}, "proof gate"),
        ({"people": [ANN.model_copy(update={"public_key": generate()[1]})]}, "proof gate"),
    ],
)
def test_what_does_not_fit_is_broken(changes, label):
    assert walk(**changes)[label].status == "broken"


def test_a_bare_base_model_has_no_approvals_to_show():
    base = manifest(version="base", adapter="", dataset="", training_run="", approvals=())
    seen = SEEN.model_copy(update={"manifest": base.id})
    steps = walk(seen, manifest=base, version=None, run=None, dataset=None)
    assert list(steps) == ["response", "serving manifest", "model version"]
    assert steps["model version"].value == "bare base model, not tuned"
