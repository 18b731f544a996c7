import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import ConfigProblem, DataProblem
from tuneworthy.core.nouns.dataset import Fate
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Project, Source, SplitSettings
from tuneworthy.data import BuiltDataset, Table, build_dataset, clean, read_source, version_id
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.lines import load_lines

NOUNS = [
    "river", "stone", "window", "garden", "copper", "letter",
    "morning", "silver", "candle", "bridge", "forest", "anchor",
]  # fmt: skip
COLUMNS = {"request": "request", "target": "target"}
COLUMN_MAP: dict[str, Any] = {"columns": COLUMNS}
DEFAULT = SplitSettings()


def rows_of(count: int) -> list[dict[str, Any]]:
    return [
        {
            "request": f"{NOUNS[i % 12]} {NOUNS[i * 5 % 11]} {NOUNS[i * 7 % 10]} {i * 7919}",
            "target": "x",
        }
        for i in range(count)
    ]


@pytest.fixture
def blobs() -> dict[str, bytes]:
    return {}


@pytest.fixture
def build(tmp_path, blobs):
    def put(data: bytes) -> str:
        blobs[digest_bytes(data)] = data
        return digest_bytes(data)

    def run(*files, split=DEFAULT, backwards=False, progress=None, **source):
        reads = []
        for number, rows in enumerate(files):
            path = tmp_path / f"s{number}.jsonl"
            lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
            path.write_text("\n".join(lines))
            reads.append(read_source(path, Source(path=path.name, **source), progress=progress))
        project = Project(
            id="p",
            use_case="u",
            goal="format",
            metric="exact_match",
            target=0.7,
            sources=tuple(read.source for read in reads),
            split=split,
        )
        if backwards:
            reads.reverse()
        when = "2026-01-01T00:00:00Z"
        return build_dataset(project, reads, created_at=when, put=put, progress=progress)

    return run


def codes(built: BuiltDataset) -> list[tuple[str, int, str, str]]:
    return [(fate.source, fate.row, fate.code, fate.kept) for fate in built.fates]


def test_a_version_says_all_that_happened(build, blobs):
    rows = rows_of(30)
    more = [
        {"request": rows[0]["request"].upper() + " ", "target": "X"},
        {"request": "Mail jane@some-firm.com at once", "target": "x"},
        {"request": "My key is AKIA" + "Q3ZT7XW2M4N5B6V8", "target": "x"},
        "{half",
        {"request": "Mail jane@example.com at 8.8.4.4", "target": "x"},
    ]
    built = build(rows, more, licence="MIT", legal_basis="consent")
    version = built.version
    assert codes(built) == [
        ("s1.jsonl", 1, "near_duplicate", "s0.jsonl:1"),
        ("s1.jsonl", 2, "pii_email", ""),
        ("s1.jsonl", 3, "secret_aws_access_key", ""),
        ("s1.jsonl", 4, "bad_json", ""),
    ]
    assert (version.rows_in, version.rows_out) == (35, 31)
    assert version.dropped == {
        "bad_json": 1,
        "near_duplicate": 1,
        "pii_email": 1,
        "secret_aws_access_key": 1,
    }
    assert version.pii.counts == {"pii_ipv4": 1}
    assert (version.pii.scanned, version.pii.unresolved_high) == (31, 0)
    assert (version.licence_coverage, version.legal_basis_coverage) == (1.0, 1.0)
    assert version.profile.rows == 31
    assert version.profile.format_consistency == 1.0
    assert load_lines(Fate, blobs[version.fates]) == built.fates
    for name, rows_kept in built.splits.items():
        assert load_lines(Example, blobs[version.records[name]]) == rows_kept


def test_a_fate_never_repeats_what_must_not_be_kept(build, blobs):
    built = build([*rows_of(10), {"request": "Mail jane@some-firm.com now", "target": "x"}])
    assert built.fates[0].code == "pii_email"
    assert "$.messages[0].content, characters 5 to 23" in built.fates[0].reason
    assert all(b"some-firm" not in blob for blob in blobs.values())


def test_near_duplicates_go_only_with_the_same_answer_and_numbers(build):
    near = [
        {"request": "Please delete all the files in my home folder", "target": "delete"},
        {"request": "Please delete all the files in my home folder!", "target": "delete"},
        {"request": "Please delete all the files in my home folder now", "target": "keep"},
        {"request": "Please delete all the files in my home folder 2", "target": "delete"},
    ]
    built = build(rows_of(10) + near)
    assert codes(built) == [("s0.jsonl", 12, "near_duplicate", "s0.jsonl:11")]
    names = {e.provenance.row: n for n, rows in built.splits.items() for e in rows}
    assert names[11] == names[13] == names[14]


def test_the_same_files_give_the_same_version_in_any_order(build):
    one, two = rows_of(40)[:25], rows_of(40)[25:]
    first = build(one, two, **COLUMN_MAP)
    second = build(one, two, backwards=True, **COLUMN_MAP)
    assert first.version == second.version
    assert first.version.id.startswith("sha256:")
    assert build(one, two[:-1], **COLUMN_MAP).version.id != first.version.id
    assert build(one, two, split=SplitSettings(seed=8)).version.id != first.version.id


def test_a_crowd_of_one_wording_is_told(build):
    names = [a + b + c + d for a in "bdfg" for b in "aeio" for c in "lmnprstvwxz" for d in "aeio"]
    rows = [{"request": f"Has {n} sent the parcel to us", "target": "late"} for n in names]
    built = build(rows, **COLUMN_MAP)
    told = {finding.code: finding for finding in built.version.findings}
    assert told["crowded"].count == len(rows)
    assert told["crowded"].severity == "info"
    assert "crowded" not in {
        finding.code for finding in build(rows[:50], **COLUMN_MAP).version.findings
    }


def test_a_build_says_which_step_is_next(build):
    heard: list[tuple[str, int, int, str]] = []
    build(rows_of(30), progress=lambda *said: heard.append(said), **COLUMN_MAP)
    assert {said[0] for said in heard} == {"read", "build"}
    assert heard[0] == ("read", 0, 0, "s0.jsonl, 30 rows")
    steps = [said[1] for said in heard if said[0] == "build"]
    assert steps == sorted(steps)
    assert heard[-1] == ("build", 5, 5, "done")
    assert any(said[3].startswith("check 1 of ") for said in heard)


def test_the_files_of_a_version_hold_its_rows_line_by_line(build, blobs):
    built = build(rows_of(40), **COLUMN_MAP)
    for name, digest in built.version.records.items():
        assert load_lines(Example, blobs[digest]) == built.splits[name]
        assert [row.id for row in built.splits[name]] == built.parts[name].values("id")
    assert built.table.lines(np.zeros(0, dtype=np.int64)) == b""


def test_moving_a_row_to_another_split_changes_the_id(build):
    parts = build(rows_of(20)).parts
    train, test = parts["train"], parts["test"]
    rest = train.take(range(1, len(train)))
    moved = {**parts, "train": rest, "test": Table.join([test, train.take([0])])}
    assert version_id(moved) != version_id(parts)
    backwards = {name: rows.take(range(len(rows))[::-1]) for name, rows in parts.items()}
    assert version_id(backwards) == version_id(parts)


def test_a_copy_with_licence_and_ground_is_kept_before_one_without(build):
    bare, good = {"request": "same question", "target": "x"}, {"licence": "MIT", "ground": "c"}
    columns = {**COLUMNS, "licence": "licence", "legal_basis": "ground"}
    built = build([*rows_of(9), bare, {**bare, **good}], columns=columns)
    assert codes(built) == [("s0.jsonl", 10, "exact_duplicate", "s0.jsonl:11")]


def test_a_declared_test_row_is_kept_before_its_training_copy(build):
    rows = [{**row, "split": "train" if i % 3 else "test"} for i, row in enumerate(rows_of(12))]
    copy = {**rows[3], "split": "train"}
    built = build([copy, *rows], split=SplitSettings(by="declared"))
    assert codes(built) == [("s0.jsonl", 1, "exact_duplicate", "s0.jsonl:5")]
    assert built.version.split.sizes == {"train": 8, "validation": 0, "test": 4}
    assert "no_validation" in [finding.code for finding in built.version.findings]


def test_one_source_twice_is_refused(build, tmp_path):
    built = build(rows_of(10))
    read = read_source(tmp_path / "s0.jsonl", Source(path="s0.jsonl"))
    project = Project(
        id="p",
        use_case="u",
        goal="format",
        metric="exact_match",
        target=0.7,
        sources=(read.source,),
    )
    with pytest.raises(ConfigProblem, match="twice"):
        build_dataset(project, [read, read], created_at="", put=digest_bytes)
    assert built.version.rows_in == 10


def test_nothing_left_says_why(build):
    with pytest.raises(DataProblem) as caught:
        build([{"request": f"jane{i}@some-firm.com", "target": "x"} for i in range(3)])
    assert caught.value.code == "nothing_left"
    assert "3 pii_email" in caught.value.why


ANY_ROW: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(rows_of(30)),
    st.sampled_from(rows_of(5)).map(lambda row: {**row, "request": row["request"] + "!"}),
    st.sampled_from(["{", "[]", '{"request": "a"}']),
    st.builds(dict, request=st.text(max_size=20), target=st.sampled_from(["x", "", '{"a": 1}'])),
    st.just({"request": "call +49 30 901820", "target": "x"}),
)


@given(st.lists(ANY_ROW, min_size=1, max_size=25), st.lists(ANY_ROW, min_size=1, max_size=9))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_row_is_lost_without_a_fate(build, one, two):
    try:
        built = build(one, two)
    except DataProblem:
        return
    version = built.version
    assert version.rows_in == len(one) + len(two)
    assert version.rows_in == version.rows_out + sum(version.dropped.values())
    kept = {(e.provenance.source, e.provenance.row) for rows in built.splits.values() for e in rows}
    gone = {(fate.source, fate.row) for fate in built.fates}
    everything = {("s0.jsonl", i + 1) for i in range(len(one))}
    everything |= {("s1.jsonl", i + 1) for i in range(len(two))}
    assert not kept & gone
    assert kept | gone == everything
    assert len(built.fates) == len(gone)
    assert version.split.leakage_exact == version.split.leakage_near == 0
    assert version.pii.unresolved_high == 0
    again = clean(Table.join(list(built.parts.values())))
    assert not again.fates
