"""The documents of a pack, made from nouns alone."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.dataset import DatasetVersion, PiiReport, Profile, SplitReport
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.run import (
    Comparison,
    Cost,
    Environment,
    EvaluationRun,
    RunManifest,
    TrainingRun,
    TrainSettings,
)
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.govern.pack import Sieve, clause_map, clause_table, lineage_events, ml_bom
from tuneworthy.govern.pack.clauses import shipped

AT = "2026-01-01T00:00:00+00:00"
D, A, B, S = (f"sha256:{letter * 64}" for letter in "dab5")
COST = Cost(cpu_seconds=1, wall_seconds=1, peak_memory_mb=1, tokens=10, flop=1e15, steps=2)
PROJECT = Project.model_validate(
    {
        "id": "shop",
        "use_case": "Name the right department",
        "goal": "format",
        "metric": "exact_match",
        "target": 0.8,
        "sources": [{"path": "rows.jsonl", "licence": "Apache-2.0"}],
    }
)
DATASET = DatasetVersion(
    id=D,
    project="shop",
    source_digests={"rows.jsonl": S},
    rows_in=10,
    rows_out=9,
    dropped={"empty": 1},
    records={"train": B},
    fates=B,
    findings=(),
    profile=Profile(
        rows=9,
        characters_median=1,
        characters_p95=1,
        characters_max=1,
        target_characters_median=1,
        distinct_targets=1,
        format_consistency=1,
        diversity=1,
        segments={},
    ),
    pii=PiiReport(scanned=9, detector_version="1", counts={}, unresolved_high=0),
    split=SplitReport(
        seed=1, by="duplicates", sizes={"train": 9}, groups=9, leakage_exact=0, leakage_near=0
    ),
    licence_coverage=1,
    legal_basis_coverage=0,
    created_at=AT,
)
RUN = TrainingRun(
    id="shop-train-1",
    project="shop",
    manifest=RunManifest(
        base=B,
        dataset=D,
        template="t",
        tokenizer="k",
        prompt="p",
        settings=TrainSettings(),
        environment=Environment(
            python="3.11",
            platform="linux",
            packages={"torch": "2.9.0+cpu", "PEFT": "0.18"},
            threads=2,
        ),
    ),
    estimate=COST,
    actual=COST,
    adapter=A,
    losses=(1.0,),
    label_preview="a row",
    submitted_by="emeka",
    created_at=AT,
)
VERSION = ModelVersion(
    id="shop-1",
    project="shop",
    state=ModelState.TRAINED,
    base=B,
    base_path="base",
    adapter=A,
    tokenizer="k",
    template="t",
    prompt="p",
    dataset=D,
    training_run=RUN.id,
    created_at=AT,
)
SCORE = Interval(value=0.8, low=0.7, high=0.9, n=100)
JUDGED = EvaluationRun(
    id="shop-eval-1",
    project="shop",
    suite=S,
    arm=Arm(id="tuned", arm="tuned"),
    model=A,
    score=SCORE,
    valid_share=1,
    results=B,
    cpu_seconds=1,
    prompt_tokens=1,
    completion_tokens=1,
    created_at=AT,
)
COMPARED = Comparison(
    id="c",
    suite=S,
    candidate=JUDGED.id,
    against="b",
    against_name="plain",
    delta=Interval(value=0.1, low=0.05, high=0.15, n=100),
    p_value=0.001,
    newly_right=12,
    newly_wrong=2,
    verdict="clearly better",
)


def bom() -> dict[str, Any]:
    return ml_bom(PROJECT, VERSION, RUN, DATASET, [JUDGED], [COMPARED])


def test_the_bill_names_model_base_data_and_packages() -> None:
    made = bom()
    card = made["metadata"]["component"]["modelCard"]
    assert {part["type"] for part in made["components"]} == {
        "machine-learning-model",
        "data",
        "library",
    }
    refs = [part["bom-ref"] for part in made["components"]]
    assert made["dependencies"][0]["dependsOn"] == sorted(refs)
    assert "pkg:pypi/torch@2.9.0%2Bcpu" in refs
    assert card["modelParameters"]["datasets"][0]["ref"] in refs
    assert [m["value"] for m in card["quantitativeAnalysis"]["performanceMetrics"]] == [
        "0.8",
        "0.1",
    ]
    assert made["serialNumber"].startswith("urn:uuid:")
    assert json.dumps(made) == json.dumps(bom())


def test_the_bill_is_valid_by_the_published_schema() -> None:
    why = "the schema is not at hand: cyclonedx-python-lib[json-validation]"
    schema = pytest.importorskip("cyclonedx.schema", reason=why)
    validation = pytest.importorskip("cyclonedx.validation.json", reason=why)
    validator = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bom())) is None


def test_lineage_leads_from_the_sources_to_the_judged_model() -> None:
    events = lineage_events("shop", [DATASET], [RUN], [VERSION], [JUDGED])
    by_job = {event["job"]["name"]: event for event in events}
    assert set(by_job) == {"data build", "train", "evaluate tuned"}
    assert by_job["data build"]["outputs"][0]["name"] == D
    names = {i["name"]: i["facets"]["version"]["datasetVersion"] for i in by_job["train"]["inputs"]}
    assert names == {"dataset": D, "base": B}
    assert by_job["train"]["outputs"][0]["name"] == "shop-1"
    assert len({UUID(event["run"]["runId"]) for event in events}) == 3
    assert events == lineage_events("shop", [DATASET], [RUN], [VERSION], [JUDGED])


def test_the_clauses_name_what_is_here_and_what_is_not() -> None:
    one = shipped().part[0].files[0]
    parts = clause_map({one})["parts"]
    assert parts[0]["present"] == [one]
    assert all(not part["present"] for part in parts[1:])
    assert f"`{one}`" in clause_table([one])
    for dated in ("SR 26-2 (17 Apr 2026", "2 Dec 2027", "2 Aug 2028", "VOLUNTARY"):
        assert dated in clause_table([])


@pytest.mark.parametrize(
    "text",
    [
        "AKIAQ3EGRZEBRAQUARTZ",
        "password=hunter2Zebra9x",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGh1bnRlcg==\n-----END PRIVATE KEY-----",
        "card 4539 1488 0343 6467",
        "hanna.berg@mail.test.de",
    ],
)
def test_what_holds_a_secret_is_withheld_wherever_it_stands(text: str) -> None:
    sieve = Sieve()
    for number, value in enumerate([text, {"a": [{"b": text}]}, [[text]]]):
        assert not sieve.passes("file", str(number), value)
    assert [one["id"] for one in sieve.withheld] == ["0", "1", "2"]
    assert text not in json.dumps(sieve.report())
    sieve.notice("events", text)
    assert sieve.report()["kept_and_holding_something"] == {"events": 1}


@given(st.binary(min_size=32, max_size=32), st.floats(0, 1), st.integers(0, 10**9))
def test_digests_and_figures_are_never_taken_for_secrets(data: bytes, share: float, n: int) -> None:
    row = {"id": f"sha256:{data.hex()}", "root": data.hex(), "score": share, "n": n, "at": AT}
    assert Sieve().passes("file", "1", row)
