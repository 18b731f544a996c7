"""Every kind of file, good and bad: the rows, their places, and what is refused."""

import gzip
import hashlib
import io
import json
import os
import shlex
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.feather as feather  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import ConfigProblem, DataProblem, Problem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.kinds import check_place, raw_rows
from tuneworthy.data.raw import RawRow
from tuneworthy.data.readers import read_all, read_source
from tuneworthy.data.rows import Limits

ROWS: list[dict[str, Any]] = [
    {"request": "a", "target": "b", "segment": "x"},
    {"request": 'c "d" {[', "target": '{"e": [1, 2]}', "segment": "y"},
    {"request": "ü\\", "target": "f\nß", "segment": "x"},
]
TURNS: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    {"messages": [{"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]},
]


def read(path: Path, limits: Limits = Limits()) -> list[RawRow]:  # noqa: B008
    digest = hashlib.sha256()
    rows = list(raw_rows(path, Source(path=path.name), digest, limits))
    if path.is_file():
        assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    return rows


def values(path: Path) -> list[dict[str, Any] | None]:
    rows = read(path)
    assert [row.index for row in rows] == list(range(len(rows)))
    return [row.values for row in rows]


def save_folder(path: Path, rows: list[dict[str, Any]]) -> None:
    path.mkdir()
    with pa.OSFile(str(path / "data-0.arrow"), "wb") as file:
        table = pa.Table.from_pylist(rows)
        with pa.ipc.new_stream(file, table.schema) as out:
            out.write_table(table, 2)
    state = {"_data_files": [{"filename": "data-0.arrow"}], "_indices_files": None}
    (path / "state.json").write_text(json.dumps(state))


def as_ipc(path: Path, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as out:
        out.write_table(table, 2)


WRITE: dict[str, Callable[[Path, list[dict[str, Any]]], Any]] = {
    "x.jsonl": lambda p, rows: p.write_text("\n\n".join(map(json.dumps, rows))),
    "x.json": lambda p, rows: p.write_text(json.dumps(rows, indent=1, ensure_ascii=False)),
    "y.json": lambda p, rows: p.write_text(json.dumps({"version": "1", "data": rows, "n": 1})),
    "x.jsonl.gz": lambda p, rows: p.write_bytes(
        gzip.compress("\n".join(map(json.dumps, rows)).encode())
    ),
    "x.json.gz": lambda p, rows: p.write_bytes(gzip.compress(json.dumps(rows).encode())),
    "x.parquet": lambda p, rows: pq.write_table(pa.Table.from_pylist(rows), p),
    "x.feather": lambda p, rows: feather.write_feather(pa.Table.from_pylist(rows), str(p)),
    "z.feather": lambda p, rows: feather.write_feather(
        pa.Table.from_pylist(rows), str(p), compression="zstd"
    ),
    "x.arrow": as_ipc,
    "folder": save_folder,
}


@pytest.mark.parametrize("name", WRITE)
@pytest.mark.parametrize("rows", [ROWS, TURNS], ids=["flat", "nested"])
def test_every_kind_gives_the_same_rows(tmp_path, name, rows):
    WRITE[name](tmp_path / name, rows)
    assert values(tmp_path / name) == rows


def test_a_saved_dictionary_of_splits_names_them(tmp_path):
    (tmp_path / "d").mkdir()
    for split in ("train", "test"):
        save_folder(tmp_path / "d" / split, ROWS[:1])
    (tmp_path / "d" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    found = values(tmp_path / "d")
    assert [row["split"] for row in found if row] == ["train", "test"]


def test_a_map_that_names_a_key_twice_costs_one_row(tmp_path):
    notes = pa.array(
        [[("a", 1)], [("a", 1), ("a", 2)], [("b", 2)]], pa.map_(pa.string(), pa.int64())
    )
    table = pa.table({"request": ["a", "b", "c"], "target": ["d", "e", "f"], "notes": notes})
    pq.write_table(table, tmp_path / "x.parquet")
    rows = read(tmp_path / "x.parquet")
    assert [(row.number, row.index, row.code) for row in rows] == [
        (1, 0, ""),
        (2, 1, "duplicate_key"),
        (3, 2, ""),
    ]
    assert rows[1].reason == "a map names a key twice"
    assert rows[2].values == {"request": "c", "target": "f", "notes": {"b": 2}}


def test_packed_csv_and_tsv(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"request,target\n=1+1,b\n\nc,d\n"))
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(b"request\ttarget\n@x\tb\n"))
    assert values(tmp_path / "a.csv.gz") == [
        {"request": "=1+1", "target": "b"},
        {"request": "c", "target": "d"},
    ]
    assert values(tmp_path / "a.tsv.gz") == [{"request": "@x", "target": "b"}]


BAD_ITEMS = [
    ('[{"a": 1}, 3, "x, {", {"b": 2}, null]', ["", "bad_row", "bad_row", "", "bad_row"]),
    ('[{"a": tru}, {"b": 1}', ["bad_json", "", "bad_json"]),
    ('[{"a": 1}, {"b": "', ["", "bad_json"]),
    ('[{"a": "' + "x" * 4_000_000 + '"}, {"b": 1}]', ["too_long", ""]),
    ('[{"a": ' + "[" * 200_000 + "]" * 200_000 + '}, {"b": 1}]', ["bad_json", ""]),
    ('[{"a": ' + "9" * 3_000_000 + '}, {"b": 1}]', ["bad_row", ""]),
    ('[{"a": 1, "a": 2}, {"b": {"c": 1, "c": 1}}]', ["duplicate_key", "duplicate_key"]),
]


@pytest.mark.parametrize(("text", "codes"), BAD_ITEMS, ids=range(len(BAD_ITEMS)))
def test_a_bad_item_of_a_list_does_not_hide_the_others(tmp_path, text, codes):
    (tmp_path / "x.json").write_text(text)
    rows = read(tmp_path / "x.json")
    assert [row.code for row in rows] == codes
    assert all(row.reason for row in rows if row.code)


def test_bytes_that_are_no_utf8_cost_one_item(tmp_path):
    (tmp_path / "x.json").write_bytes(b'[{"a": "\xe9"}, {"a": "b"}]')
    assert [row.code for row in read(tmp_path / "x.json")] == ["not_utf8", ""]
    (tmp_path / "x.jsonl").write_bytes(b'{"a": "b"}\n{"a": "\xe9"}\n\n{"a": "c"}\n')
    rows = read(tmp_path / "x.jsonl")
    assert [(row.number, row.index, row.code) for row in rows] == [
        (1, 0, ""),
        (2, 1, "not_utf8"),
        (4, 2, ""),
    ]
    assert rows[1].reason == "is not UTF-8 (byte 18 of the file)"
    (tmp_path / "x.csv").write_bytes(b'request,target\n"a\n\xe9, ""b""",c\nd,e\n')
    rows = read(tmp_path / "x.csv")
    assert [(row.number, row.index, row.code) for row in rows] == [(2, 0, "not_utf8"), (4, 1, "")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"data": [{"a": 1}], "rows": [{"a": 2}]}', "a second list of rows, under 'rows'"),
        ('{"data": [{"a": 1}], "n": [{"a": 2}], "rows": []}', "a second list of rows"),
        ('{"data": [{"a": 1}], "count": 1', "is not closed"),
        ('[{"a": 1}] [{"a": 2}]', "behind the end of the list stands more"),
        ('{"data": [{"a": 1}], "count": 1, "next": null}\n', ""),
        ('[{"a": 1}]\n', ""),
    ],
)
def test_what_stands_behind_a_list_of_rows_is_told(tmp_path, text, said):
    (tmp_path / "x.json").write_text(text)
    first, *more = read(tmp_path / "x.json")
    assert first.values == {"a": 1}
    assert [row.code for row in more] == ["bad_json"] * bool(said)
    assert all(said in row.reason for row in more)


@pytest.mark.parametrize(
    ("line", "twice"),
    [
        ('{"a": 1, "a": 2}', True),
        ('{"a": {"b": 1, "c": {"b": 2, "b" : 3}}}', True),
        ('{"a\\\\": 1, "a\\\\": 2}', True),
        ('{"a": "\\"b\\": 1, \\"b\\": 2"}', False),
        ('{"a": "\\\\", "b": ": \\\\\\" :"}', False),
        ('{"a": [{"b": 1}, {"b": 1}]}', False),
        ('{"\\u0061": 1, "a": 2}', True),
    ],
)
def test_a_key_that_stands_twice_is_a_fault(tmp_path, line, twice):
    (tmp_path / "x.jsonl").write_text(line)
    (row,) = read(tmp_path / "x.jsonl")
    assert row.code == ("duplicate_key" if twice else "")


class Pairs(list[Any]):
    """An object that may name a key twice."""


PAIRS = st.recursive(
    st.integers(0, 3) | st.text('a"\\:, ', max_size=4),
    lambda inner: st.lists(st.tuples(st.text('ab"\\:', max_size=2), inner), max_size=3).map(Pairs),
    max_leaves=8,
)


def spelled(value: Any) -> str:
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{json.dumps(k)}: {spelled(v)}" for k, v in value) + "}"
    return json.dumps(value)


def has_twice(value: Any) -> bool:
    if not isinstance(value, Pairs):
        return False
    keys = [key for key, _ in value]
    return len(set(keys)) < len(keys) or any(has_twice(inner) for _, inner in value)


@given(PAIRS.map(lambda value: Pairs([("top", value)])))
@settings(max_examples=400, deadline=None)
def test_keys_that_stand_twice_are_found_and_no_others(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("k") / "x.jsonl"
    path.write_text(spelled(value))
    (row,) = read(path)
    assert (row.code == "duplicate_key") == has_twice(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('a"\\{}[],:ü \n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


@given(
    rows=st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3), min_size=1, max_size=5),
    indent=st.sampled_from([None, 1]),
    block=st.integers(1, 9),
    wrapped=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_list_is_read_whatever_the_blocks(tmp_path_factory, rows, indent, block, wrapped):
    path = tmp_path_factory.mktemp("l") / "x.json"
    path.write_text(json.dumps({"data": rows} if wrapped else rows, indent=indent))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuneworthy.data.json_list_file._BLOCK", block)
        assert [row.values for row in raw_rows_of(path)] == [as_read(row) for row in rows]


def raw_rows_of(path: Path) -> list[RawRow]:
    return list(raw_rows(path, Source(path=path.name), hashlib.sha256(), Limits()))


def as_read(row: dict[str, Any]) -> dict[str, Any]:
    """No name of ours is as short as the names here, so that every value stays what it is."""
    return row


@given(
    st.binary(max_size=60), st.sampled_from([".json", ".jsonl.gz", ".arrow", ".parquet", ".csv"])
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_rows_or_a_problem(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("b") / f"x{suffix}"
    path.write_bytes(gzip.compress(data) if suffix.endswith("gz") and len(data) % 2 else data)
    assert_sound(path)


def assert_sound(path: Path) -> None:
    """The file gives rows, or one problem; nothing else comes out."""
    with suppress(Problem):
        rows = raw_rows_of(path)
        assert all(row.values is not None or (row.code and row.reason) for row in rows)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_binary_file_is_rows_or_a_problem(tmp_path_factory, data):
    name = data.draw(st.sampled_from(["x.parquet", "x.feather", "z.feather", "x.arrow"]))
    path = tmp_path_factory.mktemp("d") / name
    WRITE[name](path, TURNS * 20)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))])
    assert_sound(path)


def test_a_gzip_that_is_cut_short_is_refused(tmp_path):
    whole = gzip.compress(json.dumps(ROWS * 500).encode())
    (tmp_path / "x.json.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataProblem) as caught:
        read(tmp_path / "x.json.gz")
    assert caught.value.code == "bad_gzip"


def test_pipes_and_devices_are_refused_and_nothing_waits(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    for name in ("pipe.jsonl", "zero.jsonl"):
        for attempt in (check_place, read):
            with pytest.raises(DataProblem) as caught:
                attempt(tmp_path / name)
            assert caught.value.code == "not_a_file"


def test_links_out_of_the_project_are_refused(tmp_path):
    (tmp_path / "project" / "inner").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    outside = tmp_path / "other" / "x.jsonl"
    outside.write_text("{}")
    project = tmp_path / "project"
    (project / "in.jsonl").symlink_to("inner/y.jsonl")
    (project / "inner" / "y.jsonl").write_text("{}")
    (project / "out.jsonl").symlink_to(outside)
    (project / "way").symlink_to(tmp_path / "other")
    check_place(project / "in.jsonl", project)
    check_place(outside, project)
    check_place(project / ".." / "other" / "x.jsonl", project)
    for name in ("out.jsonl", "way/x.jsonl"):
        with pytest.raises(ConfigProblem) as caught:
            check_place(project / name, project)
        assert caught.value.code == "leads_out"
        assert str(outside) in caught.value.fix


def test_a_saved_folder_may_not_name_files_outside(tmp_path):
    for bad in ("../x.arrow", "/etc/passwd", "..", "a/b"):
        folder = tmp_path / str(abs(hash(bad)))
        save_folder(folder, ROWS)
        (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": bad}]}))
        with pytest.raises(DataProblem) as caught:
            read(folder)
        assert caught.value.code == "bad_dataset"


@pytest.mark.parametrize(
    ("text", "said", "fix"),
    [
        ({"a": 1, "train": [{"text": "x"}], "val": []}, "a, train, val", "'.train[]'"),
        ({"train": [["text", "label"]]}, "train", "jq -c . "),
        (["one", "two"], "is a list", ".[]"),
    ],
)
def test_json_over_many_lines_without_a_list_of_rows_is_refused_whole(tmp_path, text, said, fix):
    path = tmp_path / "a b.json"
    path.write_text(json.dumps(text, indent=1))
    with pytest.raises(DataProblem) as told:
        read_all(path, Source(path="a b.json"))
    assert (told.value.code, said in f"{told.value} {told.value.why}") == ("no_rows", True)
    assert fix in told.value.fix
    assert f"{shlex.quote(str(path))} > " in told.value.fix


def test_no_advice_writes_over_the_file_that_it_reads(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('[{"request": "a", "target": "b"}]\n')
    with pytest.raises(DataProblem, match="unusable") as told:
        read_source(path, Source(path="rows.jsonl"))
    command, _, out = told.value.fix.partition(" > ")
    assert command.endswith(str(path))
    assert out not in {"", str(path)}


@pytest.mark.parametrize(("mark", "ending"), [(";", "csv"), ("|", "csv"), (",", "tsv")])
def test_a_table_with_other_marks_between_its_cells_is_named_so(tmp_path, mark, ending):
    path = tmp_path / f"rows.{ending}"
    path.write_text(f"request{mark}target\na{mark}b\n")
    with pytest.raises(ConfigProblem, match=f"has one column, and '[{mark}]'"):
        read_source(path, Source(path=path.name))


def test_an_unknown_kind_and_a_missing_file_are_named(tmp_path):
    (tmp_path / "x.xlsx").write_text("a")
    (tmp_path / "x.parquet.gz").write_text("a")
    (tmp_path / "empty").mkdir()
    cases = {
        "x.xlsx": "unknown_format",
        "x.parquet.gz": "unknown_format",
        "none.csv": "no_source",
        "empty": "is_folder",
    }
    for name, code in cases.items():
        with pytest.raises(ConfigProblem) as caught:
            check_place(tmp_path / name)
        assert caught.value.code == code


def test_a_column_of_a_kind_that_is_not_read_is_named(tmp_path):
    table = pa.table({"request": pa.array(["a", "b"], pa.string_view()), "target": ["c", "d"]})
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    (tmp_path / "x.arrow").write_bytes(out.getvalue())
    with pytest.raises(DataProblem) as caught:
        read(tmp_path / "x.arrow")
    assert "string_view" in caught.value.why


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30), max_size=12))
def test_each_line_of_plain_text_is_a_row(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.txt"
        path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
        rows = read(path)
    said = [line.removeprefix("\ufeff") if n == 0 else line for n, line in enumerate(lines)]
    wanted = [(n, {"text": line}) for n, line in enumerate(said, 1) if line.strip()]
    assert [(row.number, row.values) for row in rows] == wanted
