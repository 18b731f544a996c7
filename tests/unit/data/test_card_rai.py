"""The machine's card says how the data came about, and nothing that nobody recorded."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.dataset import (
    DatasetVersion,
    Finding,
    MakeUp,
    PiiReport,
    Profile,
    SplitReport,
)
from tuneworthy.core.nouns.project import Project, Source
from tuneworthy.data.card import CardFile, croissant

AGREED = {
    "items": 120, "share": 0.3, "alpha": 0.81, "alpha_low": 0.74, "annotators": ["ana", "bo"],
    "queues": ["notes"], "guides": ["sha256:g"], "files": ["sha256:f"],
}  # fmt: skip
PROJECT = Project(
    id="shop",
    use_case="route requests",
    goal="format",
    metric="exact_match",
    target=0.9,
    sources=(Source(path="a.csv", licence="MIT", legal_basis="contract"), Source(path="b.csv")),
)
VERSION = DatasetVersion(
    id="sha256:d", project="shop", source_digests={"a.csv": "sha256:1", "b.csv": "sha256:2"},
    rows_in=12, rows_out=10, dropped={"exact_duplicate": 2}, records={}, fates="",
    findings=(Finding(code="x", severity="warning", message="Labels differ.", count=3),),
    profile=Profile(
        rows=10, characters_median=1, characters_p95=1, characters_max=1,
        target_characters_median=1, distinct_targets=1, format_consistency=1, diversity=1,
        segments={"north": 7, "south": 3},
    ),
    pii=PiiReport(scanned=10, detector_version="4", counts={"email": 2}, unresolved_high=0),
    split=SplitReport(
        seed=7, by="group", sizes={"train": 8, "test": 2}, groups=5, leakage_exact=0,
        leakage_near=0, make_up=(
            MakeUp(part="test", trait="segment", distance=0.4, p_value=0.01, method="chi-square"),
            MakeUp(part="test", trait="length", distance=0.1, p_value=0.7, method="chi-square"),
        ),
    ),
    licence_coverage=0.5, legal_basis_coverage=0.5, created_at="2026-03-01",
)  # fmt: skip


def card(version: DatasetVersion = VERSION, labelling: Any = AGREED) -> dict[str, Any]:
    return croissant(PROJECT, version, {"train": CardFile("train.jsonl", "0" * 64)}, labelling)


def test_both_standards_are_named() -> None:
    assert card()["conformsTo"] == [
        "http://mlcommons.org/croissant/1.0",
        "http://mlcommons.org/croissant/RAI/1.0",
    ]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("dataCollection", ["a.csv (sha256:1)", "MIT", "contract", "not stated", "12 rows"]),
        ("dataPreprocessingProtocol", ["exact_duplicate: 2", "by group with seed 7", "train 8"]),
        ("dataAnnotationProtocol", ["2 people", "sha256:g", "120 items"]),
        ("dataAnnotationPlatform", ["label queue notes"]),
        ("dataAnnotationAnalysis", ["alpha 0.810", "0.740"]),
        ("personalSensitiveInformation", ["10 rows", "email: 2", "left: 0"]),
        ("dataLimitations", ["Labels differ. (3 rows)"]),
        ("dataBiases", ["unlike the rest by segment: 40.0%", "north: 7"]),
        ("dataUseCases", ["route requests"]),
        ("dataReleaseMaintenancePlan", ["365 days"]),
    ],
)
def test_what_is_on_record_is_said(field: str, words: list[str]) -> None:
    said = str(card()[f"rai:{field}"])
    assert [word for word in words if word not in said] == []


def test_what_nobody_recorded_has_no_field() -> None:
    told = card(labelling={})
    assert not [name for name in told if "nnotat" in name]
    assert "rai:annotatorDemographics" not in card()
    assert "by length" not in str(card()["rai:dataBiases"])


@given(st.dictionaries(st.text(max_size=8), st.integers(0, 10**6), max_size=4))
def test_every_value_is_a_text_or_a_list_of_texts(dropped: dict[str, int]) -> None:
    told = card(VERSION.model_copy(update={"dropped": dropped}))
    fields = {name: value for name, value in told.items() if name.startswith("rai:")}
    assert len(fields) == 10
    for value in fields.values():
        texts = value if isinstance(value, list) else [value]
        assert texts
        assert all(isinstance(text, str) and text for text in texts)
